// SPDX-License-Identifier: Apache-2.0
//
// Makes the layer of border lines that maps of briefs show (docs/format/brief.md) from the npm package world-atlas:
//
//   node tools/make_borders.mjs node_modules/world-atlas/countries-50m.json build/share/borders-world-atlas.json
//
// TopoJSON holds every stretch of border once, as an arc: one that two countries share is a border, one that a single
// country has is a coast. The output is canonical JSON, the same bytes on every machine: integers in units of 1e-4
// degree, the first point of a line as it is, the others as differences. Needs Node 18; no other package.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const kUnitE7 = 1000;
const kUnitsPerDegree = 1e7 / kUnitE7;
const kDisclaimer =
  'Border lines are from the world-atlas package (Natural Earth, public domain) and are shown for orientation only. ' +
  'They imply no opinion on the legal status of any territory or on the delimitation of its borders.';

function refuse(message) {
  console.error(`make_borders: ${message}`);
  process.exit(1);
}

const [, , input, output] = process.argv;
if (!input || !output) refuse('usage: make_borders.mjs COUNTRIES.json OUTPUT.json');

const topology = JSON.parse(readFileSync(input, 'utf8'));
if (topology.type !== 'Topology' || !topology.transform || !topology.objects?.countries) {
  refuse(`${input} is not the TopoJSON of world-atlas`);
}

// How many rings of countries use each arc. A negative number ~n is arc n the other way round.
const uses = new Array(topology.arcs.length).fill(0);
function countArcs(arcs) {
  for (const a of arcs) {
    if (Array.isArray(a)) countArcs(a);
    else uses[a < 0 ? ~a : a] += 1;
  }
}
for (const country of topology.objects.countries.geometries) countArcs(country.arcs ?? []);

// A line as differences; null where less than two points stay. Longitudes at the antimeridian are those of the source.
function line(arc) {
  const { scale, translate } = topology.transform;
  const flat = [];
  let x = 0;
  let y = 0;
  let lastLng = 0;
  let lastLat = 0;
  for (const [dx, dy] of arc) {
    x += dx;
    y += dy;
    const lng = Math.round((x * scale[0] + translate[0]) * kUnitsPerDegree);
    const lat = Math.round((y * scale[1] + translate[1]) * kUnitsPerDegree);
    if (flat.length > 0 && lng === lastLng && lat === lastLat) continue;
    // Adding 0 turns -0 into 0.
    flat.push(lng - lastLng + 0, lat - lastLat + 0);
    lastLng = lng;
    lastLat = lat;
  }
  return flat.length >= 4 ? flat : null;
}

const borders = [];
const coasts = [];
topology.arcs.forEach((arc, i) => {
  const l = uses[i] > 0 ? line(arc) : null;
  if (l) (uses[i] > 1 ? borders : coasts).push(l);
});

// Members in the order of canonical JSON.
const layer = { borders, coasts, disclaimer: kDisclaimer, id: 'world-atlas', unit_e7: kUnitE7, v: 1 };
mkdirSync(dirname(output), { recursive: true });
writeFileSync(`${output}.tmp`, JSON.stringify(layer));
renameSync(`${output}.tmp`, output);
console.log(`${output}: ${borders.length} border lines, ${coasts.length} coast lines`);
