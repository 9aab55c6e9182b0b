// The schema of province.yaml as editors read it (JSON Schema draft-07): docs/province.schema.json is this text, and the first line of
// province.yaml points there. Pure.
import { ProvinceSchema } from "./schema.ts";

/** The text of docs/province.schema.json. */
export const schemaText = (): string =>
  `${JSON.stringify({ $schema: "http://json-schema.org/draft-07/schema#", title: "province.yaml of Vọng Gác", ...ProvinceSchema }, null, 2)}\n`;
