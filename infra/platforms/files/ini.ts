// One section of a file of systemd's. Pure.

export const section = (name: string, lines: readonly string[]): string => `[${name}]\n${lines.join("\n")}\n\n`;
