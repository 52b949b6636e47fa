import { globSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { join, relative, resolve } from "node:path";
import { WebSocket } from "ws";
import { z } from "zod";
import type { Target } from "../targets/target.ts";

const samplingMicroseconds = 200;
/**
 * The profiler missed samples when none came for so long: another process had the core. The function of the
 * next sample did not take that time.
 */
const pauseMicroseconds = 5_000;
const printedFunctions = 30;
/** An inspector may leave a command without an answer. */
const patienceMs = 15_000;

const Inspected = z.array(z.object({ id: z.string(), webSocketDebuggerUrl: z.string() }));
const Answer = z.object({ id: z.number(), result: z.unknown().optional(), error: z.unknown().optional() });
const HeapUsage = z.object({ usedSize: z.number() });
const Profile = z.object({
  profile: z.object({
    nodes: z.array(
      z.object({
        id: z.number(),
        callFrame: z.object({ functionName: z.string(), lineNumber: z.number(), columnNumber: z.number() }),
      }),
    ),
    samples: z.array(z.number()),
    timeDeltas: z.array(z.number()),
  }),
});

type Profile = z.infer<typeof Profile>["profile"];

/** The used parts of a source map. */
const MapFile = z.object({
  version: z.number(),
  sources: z.array(z.string()),
  names: z.array(z.string()),
  mappings: z.string(),
});

/** Runs some work while the Worker of a target is profiled. @returns its result and a markdown table */
export async function profiled<Result>(
  { inspector, bundle }: Pick<Target, "inspector" | "bundle">,
  work: () => Promise<Result>,
): Promise<{ result: Result; table: string }> {
  if (inspector === undefined || bundle === undefined) throw new Error("a target without an inspector");
  const socket = await connect(inspector);
  try {
    await command(socket, 1, "Profiler.enable");
    await command(socket, 2, "Profiler.setSamplingInterval", { interval: samplingMicroseconds });
    await command(socket, 3, "Profiler.start");
    const result = await work();
    const { profile } = Profile.parse(await command(socket, 4, "Profiler.stop"));
    return { result, table: table(profile, sources(bundle)) };
  } finally {
    socket.terminate();
  }
}

/** The bytes of the heap of a Worker that are in use after a collection; undefined: it has not answered. */
export async function heapBytes(inspector: string): Promise<number | undefined> {
  const socket = await connect(inspector);
  const timer = setTimeout(() => socket.terminate(), patienceMs);
  try {
    await command(socket, 1, "HeapProfiler.collectGarbage");
    return HeapUsage.parse(await command(socket, 2, "Runtime.getHeapUsage")).usedSize;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
    socket.terminate();
  }
}

/** Opens the inspector of the only Worker of a runtime. */
async function connect(inspector: string): Promise<WebSocket> {
  const response = await fetch(new URL("/json", inspector.replace(/^ws/, "http")));
  const worker = Inspected.parse(await response.json()).find(({ id }) => id.startsWith("core:user"));
  if (worker === undefined) throw new Error("the runtime shows no Worker to its inspector");
  const socket = new WebSocket(worker.webSocketDebuggerUrl, { perMessageDeflate: false });
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  socket.once("open", () => resolve(socket));
  socket.on("error", reject);
  return promise;
}

/** Gives the inspector a command. @returns its result */
function command(socket: WebSocket, id: number, method: string, params: object = {}): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const hear = (data: WebSocket.RawData) => {
    const answer = Answer.safeParse(JSON.parse(String(data)));
    if (!answer.success || answer.data.id !== id) return;
    socket.off("message", hear);
    if (answer.data.error === undefined) resolve(answer.data.result);
    else reject(new Error(`${method}: ${JSON.stringify(answer.data.error)}`));
  };
  socket.on("message", hear);
  socket.once("close", () => reject(new Error(`the inspector left during ${method}`)));
  socket.send(JSON.stringify({ id, method, params }));
  return promise;
}

type Frame = Profile["nodes"][number]["callFrame"];

/** Where the functions of a bundle come from: returns the source file and line of a frame, or nothing. */
function sources(bundle: string): (frame: Frame) => string | undefined {
  const [file] = globSync(join(bundle, "*.js.map"));
  if (file === undefined) return () => undefined;
  const parsed = MapFile.parse(JSON.parse(readFileSync(file, "utf8")));
  const map = new SourceMap({ ...parsed, file: "", sourceRoot: "", sourcesContent: [] });
  const root = resolve(import.meta.dirname, "../..");
  return ({ lineNumber, columnNumber }) => {
    const entry = map.findEntry(lineNumber, columnNumber);
    if (!("originalSource" in entry)) return undefined;
    return `${relative(root, resolve(bundle, entry.originalSource))}:${entry.originalLine + 1}`;
  };
}

/** The functions with the most time of their own. Functions of the runtime have no source. */
function table({ nodes, samples, timeDeltas }: Profile, sourceOf: (frame: Frame) => string | undefined) {
  const names = new Map(
    nodes.map(({ id, callFrame }) => {
      const name = callFrame.functionName || "(anonymous)";
      const isNative = callFrame.lineNumber <= 0;
      return [id, `\`${name}\` | ${(isNative ? undefined : sourceOf(callFrame)) ?? ""}`];
    }),
  );
  const times = new Map<string, number>();
  let total = 0;
  for (const [index, sample] of samples.entries()) {
    const delta = timeDeltas[index] ?? 0;
    const name = delta > pauseMicroseconds ? "`(no samples)` | " : (names.get(sample) ?? "");
    const ms = delta / 1_000;
    times.set(name, (times.get(name) ?? 0) + ms);
    total += ms;
  }
  const sorted = [...times].toSorted(([, a], [, b]) => b - a).slice(0, printedFunctions);
  const lines = sorted.map(
    ([name, ms]) => `| ${name} | ${ms.toFixed(0)} | ${((ms / total) * 100).toFixed(1)} % |`,
  );
  return ["| function | source | own ms | share |", "| --- | --- | --- | --- |", ...lines].join("\n");
}
