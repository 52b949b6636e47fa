import { SELF } from "cloudflare:test";
import { ServerMetrics } from "../../../src/surfaces/v1/server/metrics.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";

/** The metrics, for a monitor that accepts this type. */
export async function get(accept?: string): Promise<Response> {
  const { text } = await makeServerKey(["metrics"]);
  const headers = { Authorization: `Bearer ${text}`, ...(accept !== undefined && { Accept: accept }) };
  return SELF.fetch("http://localhost:8787/v1/server/metrics", { headers });
}

/** The same as JSON. */
export async function metrics(): Promise<ServerMetrics> {
  return ServerMetrics.parse(await (await get("application/json")).json());
}

type Labels = Record<string, string>;

/** A counter's value with exactly these labels. Tests of other files have counted, too. */
export async function counted(name: string, labels: Labels): Promise<number> {
  const { counters } = (await metrics()).events;
  return counters.find((one) => one.name === name && isSame(one.labels, labels))?.value ?? 0;
}

function isSame(one: Labels, other: Labels): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

/** What a sample of a family may be called. */
const SUFFIXES: Record<string, readonly string[]> = {
  gauge: [""],
  counter: ["_total"],
  histogram: ["_bucket", "_count", "_sum"],
};

/** The samples of a text in OpenMetrics 1.0, by name and labels. @throws an Error at what is not valid */
export function parse(text: string): Map<string, number> {
  const lines = text.split("\n");
  if (lines.pop() !== "" || lines.pop() !== "# EOF") throw new Error("it does not end with # EOF");
  const families = new Map<string, { type?: string; unit?: string; help?: string }>();
  const samples = new Map<string, number>();
  for (const line of lines) {
    const [, word, family = "", rest = ""] = /^# (TYPE|UNIT|HELP) (\w+) (.+)$/.exec(line) ?? [];
    const open = [...families.keys()].at(-1) ?? "";
    if (word !== undefined) {
      const known = families.get(family) ?? {};
      const key = word.toLowerCase();
      if (families.has(family) && open !== family) throw new Error(`families mix: ${line}`);
      if (key in known) throw new Error(`twice: ${line}`);
      if (word === "UNIT" && !family.endsWith(`_${rest}`)) throw new Error(`not named by unit: ${line}`);
      families.set(family, { ...known, [key]: rest });
      continue;
    }
    const sample = /^([a-z_]+)(\{[a-z]+="[^"\\\n]*"(?:,[a-z]+="[^"\\\n]*")*\})? (\d+(?:\.\d+)?)$/.exec(line);
    const [, name = "", labels = "", value = ""] = sample ?? [];
    const suffixes = SUFFIXES[families.get(open)?.type ?? ""] ?? [];
    if (!suffixes.some((suffix) => name === open + suffix)) throw new Error(`not of ${open}: ${line}`);
    if (samples.has(name + labels)) throw new Error(`twice: ${line}`);
    samples.set(name + labels, Number(value));
  }
  return samples;
}
