const BROWSERS: readonly (readonly [name: string, mark: RegExp])[] = [
  ["Edge", /Edg(e|A|iOS)?\//],
  ["Opera", /OPR\//],
  ["Samsung Internet", /SamsungBrowser\//],
  ["Firefox", /Firefox\/|FxiOS\//],
  ["Chrome", /Chrom(e|ium)\/|CriOS\//],
  ["Safari", /Safari\//],
];
const SYSTEMS: readonly (readonly [name: string, mark: RegExp])[] = [
  ["iPhone", /iPhone/],
  ["iPad", /iPad/],
  ["Android", /Android/],
  ["Windows", /Windows/],
  ["macOS", /Mac OS X|Macintosh/],
  ["ChromeOS", /CrOS/],
  ["Linux", /Linux/],
];

/** What a device is called by its `User-Agent`: `Safari · iPhone`. What is not known stays as it is. */
export function deviceName(agent: string): string {
  const names = [BROWSERS, SYSTEMS].flatMap((all) => all.find(([, mark]) => mark.test(agent))?.[0] ?? []);
  return names.length > 0 ? names.join(" · ") : agent || "–";
}
