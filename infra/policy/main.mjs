// Where the engine enters the policy pack. Not in TypeScript: the engine's own runner would compile this file by ts-node, which
// reads the project otherwise than Node does; what it imports Node reads by itself.
import "./pack.ts";
