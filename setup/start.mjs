// `npm start`: prepares the machine, provisions the sample province in the lab, and ends with the console's address.
//   npm start -- [--agencies N] [--port P] [--listen ADDRESS] [--prepare-only]
// Needs nothing but Debian's own nodejs and npm; runs as root, unattended, and again: what stands is found and kept.
import { thisMachine } from "./machine.mjs";
import { take } from "./prepare/step.mjs";
import { STEPS } from "./prepare/steps.mjs";
import { failure, line, text } from "./say.mjs";
import { labIsUp, labUp, placeOf, printSignInCode, waitForAddress } from "./start/lab.mjs";
import { readOptions } from "./start/options.mjs";
import { needPort } from "./start/port.mjs";

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return line(text("start.help"));
  const machine = thisMachine("start");
  line(text("start.head", { root: machine.root }));
  const place = placeOf(machine.root, options);
  if (!options.prepareOnly && !labIsUp(machine.root, place)) await needPort(place.listen, place.port);
  await take(machine, STEPS);
  if (options.prepareOnly) return line(text("start.prepared"));

  await labUp(machine, options);
  const address = await waitForAddress(place);
  line(`\n${text("start.status-hint")}`);
  await printSignInCode(machine);
  line(text("start.address"));
  line(address);
}

main().catch((error) => {
  failure(error);
  process.exitCode = 1;
});
