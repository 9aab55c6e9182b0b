// The options of `npm start`, which `lab up` shares. Each is checked here, before anything is touched.
import { isIP } from "node:net";
import { SetupFailure } from "../failure.mjs";

/**
 * @typedef {object} Options
 * @property {number} [agencies] how many; the sample's own number unless given
 * @property {number} [port] of the console's page on this machine; as the running lab has it unless given
 * @property {string} [listen] the address on which that port is opened; likewise
 * @property {boolean} prepareOnly
 * @property {boolean} help
 */

/** @param {string[]} args @returns {Options} */
export function readOptions(args) {
  /** @type {Options} */
  const options = { prepareOnly: false, help: false };
  for (let i = 0; i < args.length; i++) {
    const [name, attached] = split(args[i] ?? "");
    const value = () => attached ?? args[++i] ?? refuse(name, "");
    if (name === "--agencies") options.agencies = integer(name, value(), 1, 1_000);
    else if (name === "--port") options.port = integer(name, value(), 1, 65_535);
    else if (name === "--listen") options.listen = address(name, value());
    else if (name === "--prepare-only") options.prepareOnly = true;
    else if (name === "--help" || name === "-h") options.help = true;
    else refuse(name, attached ?? "");
  }
  return options;
}

/** The same options as `lab up` takes them. @param {Options} options */
export function labArguments({ agencies, port, listen }) {
  const given = Object.entries({ port, listen, agencies });
  return given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)]));
}

/** @param {string} arg @returns {[string, string | undefined]} */
function split(arg) {
  const at = arg.indexOf("=");
  return at < 0 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)];
}

/** @param {string} name @param {string} value @param {number} least @param {number} most */
function integer(name, value, least, most) {
  const n = Number(value);
  return /^\d+$/.test(value) && n >= least && n <= most ? n : refuse(name, value);
}

/** @param {string} name @param {string} value */
const address = (name, value) => (isIP(value) ? value : refuse(name, value));

/** @param {string} name @param {string} value @returns {never} */
function refuse(name, value) {
  throw new SetupFailure("option-invalid", { where: value ? `${name} ${value}` : name });
}
