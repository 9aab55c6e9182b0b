// What a step means to people. A closed list of kinds: each has a sentence in both languages (cli/locales, `impact.*`).

export interface Effect {
  key:
    | "agency-added"
    | "agency-removed"
    | "path-lost"
    | "path-gained"
    | "path-interrupted"
    | "service-restarts"
    | "service-reloads"
    | "service-added"
    | "service-removed"
    | "record-changed"
    | "address-changed"
    | "certificate-reissued"
    | "key-changed"
    | "firewall-changed"
    | "watch-changed"
    | "mended"
    | "made"
    | "removed"
    | "rebuilt"
    | "unnoticed";
  facts: Record<string, string | number | string[]>;
  /** Numbers of the steps that cause it. */
  steps: number[];
  /** Agencies that have no path, or fewer than before, because of it: for a moment, or from then on. */
  lost?: string[];
  degraded?: string[];
  lasting?: boolean;
}
