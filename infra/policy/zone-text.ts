// Reads the zone files that render/zone-file.ts writes: one record a line, absolute names. Pure.

export interface ZoneRecord {
  name: string;
  type: string;
  data: string;
}

/** Every record of a zone file; lines of another form ($TTL, comments) are none. */
export const recordsOf = (text: string): ZoneRecord[] =>
  text.split("\n").flatMap((line) => {
    const [, name, type, data] = /^([^\s;$]\S*)\s+(?:\d+\s+)?(?:IN\s+)?([A-Z][A-Z0-9]*)\s+(.+)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, type: type!, data: data! }];
  });
