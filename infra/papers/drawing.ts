// A topology → SVG. elkjs decides where each box stands and how each line runs; this file decides how they look. Deterministic: the same
// plan gives the same bytes.
import elk, { type ElkExtendedEdge, type ElkNode } from "elkjs/lib/elk.bundled.js";
import type { Plan } from "../plan/types.ts";
import words from "./locales.json" with { type: "json" };
import { type Box, type Join, type Language, type Topology, topologyOf } from "./topology.ts";

const FONT = 12;
const LINE = 16;
const PAD = 10;
const TITLE = 20;
/** Mean advance of a character of the font, a little generously: a box that is too wide is still right. */
const CHARACTER = 7.3;
/** Characters of a line, and lines of a column, before it is broken. */
const WIDE = 40;
const TALL = 12;
const MARGIN = 24;
const HEAD = 64;
const LEGEND = 56;

const LOOK: Record<Box["kind"], { fill: string; stroke: string }> = {
  outside: { fill: "#f1f3f5", stroke: "#868e96" },
  border: { fill: "#fff0f0", stroke: "#c92a2a" },
  core: { fill: "#e7f0ff", stroke: "#1c4e9c" },
  hub: { fill: "#e6f7f0", stroke: "#0b7a52" },
  servers: { fill: "#f5f0ff", stroke: "#6741b8" },
  agencies: { fill: "#fffbea", stroke: "#a97700" },
};

/** The drawing of a plan in one language, as the text of an SVG file. */
export async function topologySvg(plan: Plan, language: Language): Promise<string> {
  const text = words[language];
  const topology = topologyOf(plan, language, text);
  const laid = await new elk.default().layout(graphOf(topology, text));
  const [width, height] = [laid.width! + 2 * MARGIN, laid.height! + HEAD + LEGEND + MARGIN];
  const title = text.title.replace("{name}", plan.province.name[language]);
  const { v4, v6 } = plan.province.aggregate;
  const sites = plan.hosts.filter((h) => h.role === "site").length;
  const about = text.about
    .replace("{count}", String(sites))
    .replace("{domain}", plan.province.domain)
    .replace("{prefixes}", `${v6} · ${v4} · ${plan.province.private4}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${px(width)}" height="${px(height)}" viewBox="0 0 ${px(width)} ${px(height)}" font-family="'Be Vietnam Pro', 'Noto Sans', 'DejaVu Sans', Arial, sans-serif" font-size="${FONT}">
<title>${escaped(title)}</title>
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="${MARGIN}" y="34" font-size="20" font-weight="700" fill="#1a1a1a">${escaped(title)}</text>
<text x="${MARGIN}" y="54" fill="#495057">${escaped(about)}</text>
<g transform="translate(${MARGIN} ${HEAD})">
${drawn(laid, topology, text).join("\n")}
</g>
${legend(text, height - LEGEND + 14).join("\n")}
</svg>
`;
}

type Text = (typeof words)["en"];

const titleOf = (box: Box, text: Text): string => {
  if (box.kind === "agencies") return text.agencies.replace("{count}", box.title);
  if (box.kind === "servers") return text.network.replace("{prefix}", box.title);
  return box.title;
};

/** Lines of agencies stand in columns, so that a box of many is no tower. */
const columnsOf = (box: Box): string[][] => {
  const lines = box.kind === "agencies" ? box.lines.flatMap(wrapped) : box.lines;
  const columns = lines.length > TALL ? 2 : 1;
  const each = Math.ceil(lines.length / columns);
  return Array.from({ length: columns }, (_, i) => lines.slice(i * each, (i + 1) * each));
};

/** A long name goes on in a second line, a little to the right. */
function wrapped(line: string): string[] {
  if (line.length <= WIDE) return [line];
  const at = line.lastIndexOf(" ", WIDE);
  return at <= 0 ? [line] : [line.slice(0, at), ...wrapped(`\u2003${line.slice(at + 1)}`)];
}

const widthOf = (lines: readonly string[]): number => Math.max(...lines.map((l) => [...l].length)) * CHARACTER;

function graphOf({ places, boxes, joins }: Topology, text: Text): ElkNode {
  const node = (box: Box): ElkNode => {
    const columns = columnsOf(box);
    const inner = columns.reduce((sum, c) => sum + widthOf(c) + PAD, 0);
    return {
      id: box.id,
      width: Math.max(inner, widthOf([titleOf(box, text)]) * 1.1 + PAD) + PAD,
      height: TITLE + columns[0]!.length * LINE + PAD,
    };
  };
  const placed = places.map(
    ({ id, title }): ElkNode => ({
      id: `place/${id}`,
      labels: [{ text: title }],
      children: boxes.filter((b) => b.within === id).map(node),
      layoutOptions: { "elk.padding": "[top=36,left=16,bottom=16,right=16]" },
    }),
  );
  return {
    id: "province",
    layoutOptions: {
      "elk.algorithm": "layered",
      "elk.direction": "DOWN",
      "elk.hierarchyHandling": "INCLUDE_CHILDREN",
      "elk.edgeRouting": "ORTHOGONAL",
      "elk.layered.spacing.nodeNodeBetweenLayers": "46",
      "elk.layered.spacing.edgeNodeBetweenLayers": "18",
      "elk.layered.spacing.edgeEdgeBetweenLayers": "10",
      "elk.spacing.nodeNode": "22",
      "elk.spacing.edgeNode": "16",
      "elk.spacing.edgeEdge": "10",
      "elk.randomSeed": "1",
    },
    children: [...placed, ...boxes.filter((b) => b.within === undefined).map(node)],
    edges: joins.filter((j) => !isBeside(j, boxes)).map((j) => ({ id: j.id, sources: [j.from], targets: [j.to] })),
  };
}

/** Two of one kind stand side by side: to the layout their line would say that one is below the other. */
function isBeside(join: Join, boxes: readonly Box[]): boolean {
  const [from, to] = [join.from, join.to].map((id) => boxes.find((b) => b.id === id)!);
  return from!.kind === to!.kind && from!.within !== undefined;
}

/** Places first, lines over them, boxes over the lines. */
function drawn(laid: ElkNode, { boxes, joins }: Topology, text: Text): string[] {
  const byId = new Map(boxes.map((b) => [b.id, b]));
  const joined = new Map(joins.map((j) => [j.id, j]));
  const places: string[] = [];
  const titles: string[] = [];
  const nodes: string[] = [];
  const origin = new Map<string, Placed>();
  const visit = (node: ElkNode, x: number, y: number): void => {
    origin.set(node.id, { x, y, width: node.width!, height: node.height! });
    const box = byId.get(node.id);
    if (box) nodes.push(boxSvg(box, node, x, y, text));
    else if (node.id !== laid.id) {
      places.push(placeSvg(node, x, y));
      titles.push(placeTitle(node, x, y));
    }
    for (const child of node.children ?? []) visit(child, x + child.x!, y + child.y!);
  };
  visit(laid, 0, 0);
  const lines: string[] = [];
  const collect = (node: ElkNode): void => {
    for (const edge of node.edges ?? []) {
      const from = origin.get((edge as { container?: string }).container ?? node.id)!;
      lines.push(lineSvg(edge, joined.get(edge.id)!, from));
    }
    for (const child of node.children ?? []) collect(child);
  };
  collect(laid);
  const beside = joins
    .filter((j) => isBeside(j, boxes))
    .map((j) => pathSvg(besidePath(origin.get(j.from)!, origin.get(j.to)!), j));
  return [...places, ...lines, ...beside, ...titles, ...nodes];
}

interface Placed {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** From the right side of the left one to the left side of the right one. */
function besidePath(a: Placed, b: Placed): { x: number; y: number }[] {
  const [left, right] = a.x < b.x ? [a, b] : [b, a];
  const [from, to] = [left.x + left.width, right.x];
  const [y1, y2] = [left.y + left.height / 2, right.y + right.height / 2];
  const middle = (from + to) / 2;
  return y1 === y2
    ? [
        { x: from, y: y1 },
        { x: to, y: y2 },
      ]
    : [
        { x: from, y: y1 },
        { x: middle, y: y1 },
        { x: middle, y: y2 },
        { x: to, y: y2 },
      ];
}

const placeSvg = (node: ElkNode, x: number, y: number): string =>
  `<rect x="${px(x)}" y="${px(y)}" width="${px(node.width!)}" height="${px(node.height!)}" rx="8" fill="#fafbfc" stroke="#ced4da"/>`;

/** Over the lines, with a rim of the ground around it. */
const placeTitle = (node: ElkNode, x: number, y: number): string =>
  `<text x="${px(x + 14)}" y="${px(y + 23)}" font-weight="700" fill="#343a40" stroke="#fafbfc" stroke-width="5" paint-order="stroke">${escaped(node.labels![0]!.text!)}</text>`;

function boxSvg(box: Box, node: ElkNode, x: number, y: number, text: Text): string {
  const { fill, stroke } = LOOK[box.kind];
  let left = x + PAD;
  const columns = columnsOf(box).map((lines) => {
    const at = left;
    left += widthOf(lines) + PAD;
    return lines
      .map(
        (l, i) => `<text x="${px(at)}" y="${px(y + TITLE + PAD + 6 + i * LINE)}" fill="#343a40">${escaped(l)}</text>`,
      )
      .join("");
  });
  return `<g><rect x="${px(x)}" y="${px(y)}" width="${px(node.width!)}" height="${px(node.height!)}" rx="5" fill="${fill}" stroke="${stroke}" stroke-width="1.5"/>
<text x="${px(x + PAD)}" y="${px(y + TITLE - 3)}" font-weight="700" fill="${stroke}">${escaped(titleOf(box, text))}</text>${columns.join("")}</g>`;
}

function lineSvg(edge: ElkExtendedEdge, join: Join, from: { x: number; y: number }): string {
  const points = (edge.sections ?? []).flatMap((s) => [s.startPoint, ...(s.bendPoints ?? []), s.endPoint]);
  return pathSvg(
    points.map((p) => ({ x: p.x + from.x, y: p.y + from.y })),
    join,
  );
}

function pathSvg(points: { x: number; y: number }[], join: Join): string {
  const path = points.map((p, i) => `${i === 0 ? "M" : "L"}${px(p.x)} ${px(p.y)}`).join("");
  return `<path d="${path}" ${STROKE(join)}><title>${escaped(join.id)}</title></path>`;
}

const STROKE = ({ second, medium }: Pick<Join, "second" | "medium">): string =>
  `fill="none" stroke="${medium === "leased" ? "#a04a00" : "#495057"}" stroke-width="1.4"${second ? ' stroke-dasharray="5 4"' : ""}`;

function legend(text: Text, y: number): string[] {
  let x = MARGIN;
  const kinds = (Object.keys(LOOK) as Box["kind"][]).map((kind) => {
    const at = x;
    x += 26 + widthOf([text.legend[kind]]) + 18;
    return `<rect x="${px(at)}" y="${px(y)}" width="18" height="13" rx="3" fill="${LOOK[kind].fill}" stroke="${LOOK[kind].stroke}" stroke-width="1.5"/><text x="${px(at + 26)}" y="${px(y + 11)}" fill="#343a40">${escaped(text.legend[kind])}</text>`;
  });
  x = MARGIN;
  const ways = (["first", "second"] as const).map((way) => {
    const at = x;
    x += 46 + widthOf([text.legend[way]]) + 18;
    return `<path d="M${px(at)} ${px(y + 28)}L${px(at + 36)} ${px(y + 28)}" ${STROKE({ second: way === "second", medium: "dedicated" })}/><text x="${px(at + 46)}" y="${px(y + 32)}" fill="#343a40">${escaped(text.legend[way])}</text>`;
  });
  return [...kinds, ...ways];
}

const px = (n: number): string => String(Math.round(n * 10) / 10);
const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!);
