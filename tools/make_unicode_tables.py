#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes truce/base/unicode_tables.inc from the Unicode Character Database.

    tools/make_unicode_tables.py [UCD_FOLDER] > truce/base/unicode_tables.inc

UCD_FOLDER: where UnicodeData.txt, DerivedNormalizationProps.txt and extracted/DerivedGeneralCategory.txt of Unicode 15.0 lie
(default: /usr/share/unicode, Debian package unicode-data 15.0.0). The same input gives the same bytes. The result is committed: a
build needs neither this program nor the database. Another Unicode version changes what is canonical and is refused here.
"""

import os
import sys

VERSION = "15.0.0"
CODE_POINTS = 0x110000
BLOCK = 128
WIDTH = 120


def lines(path):
    with open(path, encoding="utf-8") as f:
        for line in f:
            line = line.split("#", 1)[0].strip()
            if line:
                yield [field.strip() for field in line.split(";")]


def span(text):
    first, _, last = text.partition("..")
    return range(int(first, 16), int(last or first, 16) + 1)


def wrapped(items):
    line, out = "", []
    for item in items:
        if len(line) + len(item) + 1 > WIDTH:
            out.append(line)
            line = ""
        line += item + ","
    out.append(line)
    return "\n".join(out)


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/unicode"
    with open(os.path.join(folder, "DerivedNormalizationProps.txt"), encoding="utf-8") as f:
        if VERSION not in f.readline():
            sys.exit("not Unicode " + VERSION)

    assigned = bytearray([1]) * CODE_POINTS
    for cp, category in lines(os.path.join(folder, "extracted", "DerivedGeneralCategory.txt")):
        if category == "Cn":
            for c in span(cp):
                assigned[c] = 0

    combining = bytearray(CODE_POINTS)
    mapping = {}
    for fields in lines(os.path.join(folder, "UnicodeData.txt")):
        c = int(fields[0], 16)
        combining[c] = int(fields[3])
        if fields[5] and not fields[5].startswith("<"):
            mapping[c] = [int(x, 16) for x in fields[5].split()]

    quick = bytearray(CODE_POINTS)  # 0 yes, 1 maybe, 2 no
    excluded = set()
    for fields in lines(os.path.join(folder, "DerivedNormalizationProps.txt")):
        if fields[1] == "NFC_QC":
            for c in span(fields[0]):
                quick[c] = {"M": 1, "N": 2}[fields[2]]
        elif fields[1] == "Full_Composition_Exclusion":
            excluded.update(span(fields[0]))

    def decomposed(c):
        return sum((decomposed(x) for x in mapping[c]), []) if c in mapping else [c]

    # Classes: what the scan needs to know of a code point, as one small number. 0: unassigned; 1: an ordinary one.
    classes = {(0, 0, 0): 0, (1, 0, 0): 1}
    kind = bytearray(CODE_POINTS)
    for c in range(CODE_POINTS):
        key = (assigned[c], combining[c], quick[c])
        kind[c] = classes.setdefault(key, len(classes))
    blocks, stage1 = {}, []
    for start in range(0, CODE_POINTS, BLOCK):
        stage1.append(blocks.setdefault(bytes(kind[start:start + BLOCK]), len(blocks)))
    assert len(classes) <= 256 and len(blocks) <= 256

    pool, index = [], []
    for c in sorted(mapping):
        full = decomposed(c)
        index.append("{%d,%d,%d}" % (c, len(pool), len(full)))
        pool += full
    pairs = sorted((m[0], m[1], c) for c, m in mapping.items() if len(m) == 2 and c not in excluded)

    print("// SPDX-License-Identifier: Apache-2.0")
    print("// Made by tools/make_unicode_tables.py from the Unicode Character Database " + VERSION + ". Do not edit.")
    print("// clang-format off")
    print("constexpr Class kClasses[] = {  // combining class, quick check of NFC (0 yes, 1 maybe, 2 no)")
    print(wrapped("{%d,%d}" % k[1:] for k in classes) + "};")
    print("constexpr std::uint8_t kBlockOf[] = {  // of code point / %d" % BLOCK)
    print(wrapped(str(b) for b in stage1) + "};")
    print("constexpr std::uint8_t kClassOf[] = {  // of block * %d + code point %% %d; 0: unassigned" % (BLOCK, BLOCK))
    print(wrapped(str(k) for b in blocks for k in b) + "};")
    print("constexpr Decomposition kDecompositions[] = {  // full canonical ones: code point, first, count")
    print(wrapped(index) + "};")
    print("constexpr char32_t kDecomposed[] = {")
    print(wrapped(str(c) for c in pool) + "};")
    print("constexpr Pair kPairs[] = {  // first, second, composed; sorted")
    print(wrapped("{%d,%d,%d}" % p for p in pairs) + "};")
    print("// clang-format on")


if __name__ == "__main__":
    main()
