// A link: a veth pair between two hosts, its addresses, its place in a bridge and its routes.
import { LabError } from "./errors.ts";
import { run, runIfPossible } from "./exec.ts";
import type { LinkInputs } from "./model.ts";
import { type Lab, namespaceOf } from "./names.ts";
import { namespaceInode } from "./netns.ts";
import {
  addressesOf,
  addressLines,
  canonical,
  type Device,
  devicesOf,
  devicesSeen,
  inNetwork,
  ipBatch,
} from "./network.ts";
import { forgetLink, rememberLink } from "./notes.ts";

type End = LinkInputs["a"];

/** Makes the link, or takes over what bears its names and mends it. Both hosts must stand. */
export async function convergeLink(lab: Lab, link: LinkInputs): Promise<void> {
  for (const end of [link.a, link.b])
    if (namespaceInode(namespaceOf(lab, end.host)) === undefined)
      throw new LabError("namespace-missing", end.host, `link ${link.link} needs it`, "run the lab's up again");
  const [a, b] = await Promise.all([devicesOf(lab, link.a.host), devicesOf(lab, link.b.host)]);
  if (!a.has(link.a.device) || !b.has(link.b.device)) {
    // Half of a pair cannot be: what is there bears the name and is another's end.
    await removeDevice(lab, link.a);
    await removeDevice(lab, link.b);
    const ends = [link.a, link.b].map((e) => [e.device, namespaceOf(lab, e.host)] as const);
    const [[deviceA, netnsA], [deviceB, netnsB]] = ends as [readonly [string, string], readonly [string, string]];
    await run(
      ["ip", "link", "add", deviceA, "netns", netnsA, "type", "veth", "peer", "name", deviceB, "netns", netnsB],
      { where: link.link },
    );
  }
  await Promise.all([configureEnd(lab, link.a, a.get(link.a.device)), configureEnd(lab, link.b, b.get(link.b.device))]);
  rememberLink(lab, link);
}

/** Addresses, bridge and routes of one end, and the device up. Routes go with a device that goes down: so they are set each time. */
export async function configureEnd(lab: Lab, end: End, found: Device | undefined): Promise<void> {
  await inNetwork(
    lab,
    end.host,
    ipBatch([
      ...addressLines(end.device, end.addresses, found),
      end.bridge ? `link set ${end.device} master ${end.bridge} up` : `link set ${end.device} up`,
      ...end.routes.map((r) => `route replace ${r.to} via ${r.via} dev ${end.device}`),
    ]),
  );
}

/** What really is there: the link with what was found of it, or undefined when one of its ends is not there. */
export async function readLink(lab: Lab, link: LinkInputs): Promise<LinkInputs | undefined> {
  const found = await Promise.all([link.a, link.b].map((end) => readEnd(lab, end)));
  const [a, b] = found;
  if (!a || !b) return undefined;
  return { link: link.link, a: a.end, b: b.end, up: a.up && b.up };
}

async function readEnd(lab: Lab, end: End): Promise<{ end: End; up: boolean } | undefined> {
  if (namespaceInode(namespaceOf(lab, end.host)) === undefined) return undefined;
  const device = (await devicesSeen(lab, end.host)).get(end.device);
  if (!device) return undefined;
  const there = new Set(addressesOf(device));
  const addresses = end.addresses.filter((x) => there.has(canonical(x)));
  const { bridge, ...rest } = end;
  return {
    end: { ...rest, addresses, ...(device.master !== undefined && bridge !== undefined && { bridge: device.master }) },
    up: device.flags.includes("UP"),
  };
}

/** Removes the pair. What is gone already, with its host or without, is no error. */
export async function deleteLink(lab: Lab, link: LinkInputs): Promise<void> {
  await removeDevice(lab, link.a);
  await removeDevice(lab, link.b);
  forgetLink(lab, link.link);
}

async function removeDevice(lab: Lab, end: End): Promise<void> {
  if (namespaceInode(namespaceOf(lab, end.host)) === undefined) return;
  await runIfPossible(["ip", "-n", namespaceOf(lab, end.host), "link", "del", end.device]);
}
