// The import rules of the architecture, and the only place that states them as rules (docs/architecture.md says why).
const ours = "^(cli|infra|agent|packaging|console|test|bench|setup)/";
module.exports = {
  forbidden: [
    {
      name: "no-circular",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    { name: "protocol-imports-nothing-of-ours", severity: "error", from: { path: "^protocol/" }, to: { path: ours } },
    {
      name: "infra-stands-alone",
      severity: "error",
      from: { path: "^infra/" },
      to: { path: "^(cli|agent|packaging|console|test|bench)/" },
    },
    {
      name: "agent-stands-alone",
      severity: "error",
      from: { path: "^agent/" },
      to: { path: "^(cli|infra|packaging|console|test|bench|setup)/" },
    },
    {
      name: "console-stands-alone",
      severity: "error",
      from: { path: "^console/" },
      to: { path: "^(cli|infra|agent|packaging|test|bench|setup)/" },
    },
    {
      name: "packaging-stands-alone",
      comment: "it takes the agent's files as files, and sees protocol",
      severity: "error",
      from: { path: "^packaging/" },
      to: { path: "^(cli|infra|agent|console|test|bench|setup)/" },
    },
    {
      name: "cli-enters-by-the-front-door",
      comment: "cli loads a world's entry point only",
      severity: "error",
      from: { path: "^cli/" },
      to: {
        path: "^(infra|agent|packaging|console)/",
        pathNot:
          "^(packaging/index|infra/index|infra/commands|infra/planning|infra/platforms/lab/faults/index|agent/main|agent/tools|console/main|console/tools|console/deadman)\\.ts$",
      },
    },
    {
      name: "a-check-has-one-door",
      comment: "checks and detectors see check.ts, wire and protocol: never world, never another check",
      severity: "error",
      from: { path: "^agent/(checks|detectors)/(.+)\\.ts$", pathNot: "^agent/(checks|detectors)/index\\.ts$" },
      to: { path: "^agent/", pathNot: "^agent/(check\\.ts|wire/)" },
    },
    {
      name: "pure-folders-import-no-io",
      severity: "error",
      from: { path: "^(agent/wire|infra/plan|infra/render|console/correlate|console/people)/" },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?(crypto|buffer|util)$" },
    },
    {
      name: "pure-folders-stay-pure",
      severity: "error",
      from: { path: "^(agent/wire|infra/plan|infra/render|console/correlate|console/people)/" },
      to: { path: "^(agent/(?!wire/)|infra/(?!plan/|render/|province)|console/(?!correlate/|people/))" },
    },
    {
      name: "console-stages-do-not-see-each-other",
      severity: "error",
      from: { path: "^console/(gateway|store|correlate|incidents|notify|api)/" },
      to: { path: "^console/(gateway|store|correlate|incidents|notify|api|pipeline|main)", pathNot: "^console/$1" },
    },
    {
      name: "setup-needs-nothing",
      comment: "it runs on the system's own Node before any dependency is installed",
      severity: "error",
      from: { path: "^setup/" },
      to: { pathNot: "^setup/", dependencyTypesNot: ["core"] },
    },
    {
      name: "screen-sees-protocol-only",
      severity: "error",
      from: { path: "^console/ui/" },
      to: { path: "^(console/(?!ui/)|agent/|infra/|cli/)" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(node_modules|dist|\\.vonggac)" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      extensions: [".ts", ".tsx", ".js", ".json"],
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
};
