import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { arch, cpus, loadavg, platform, release, tmpdir, totalmem } from "node:os";

/** On every Linux the kernel counts CPU time for user space in hundredths of a second. */
const MICROSECONDS_PER_TICK = 10_000;

/** A tool of util-linux. A machine without it is measured too, and the output says so. */
const pinner = "taskset";

/** The command that runs another one on the server's core. */
export const onServerCore = (command: string[]): string[] =>
  pinned ? [pinner, "-c", "0", ...command] : command;

/** The usage of a process group: CPU µs since its start, resident bytes and open files of its server now. */
export type Usage = { cpuMicroseconds: number; residentBytes: number; openFiles: number };

/**
 * Reads the usage of a process group from `/proc`; undefined without it.
 * @param server the name of the process whose memory counts; any process if it is undefined
 */
export function usageOf(group: number, server: string | undefined): Usage | undefined {
  if (platform() !== "linux") return undefined;
  const usage: Usage = { cpuMicroseconds: 0, residentBytes: 0, openFiles: 0 };
  for (const pid of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (Number(fields[2]) !== group) continue;
      usage.cpuMicroseconds += (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK;
      if (server !== undefined && name !== server) continue;
      const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      usage.residentBytes += Number(kilobytes ?? 0) * 1024;
      usage.openFiles += readdirSync(`/proc/${pid}/fd`).length;
    } catch {
      // The process ended while it was being read.
    }
  }
  return usage;
}

/** CPU µs of all processes since the machine started; undefined without `/proc`. */
export function busyMicroseconds(): number | undefined {
  if (platform() !== "linux") return undefined;
  const [, user, nice, system, , , irq, softirq, steal] = readFileSync("/proc/stat", "utf8").split(/\s+/);
  const ticks = [user, nice, system, irq, softirq, steal].reduce((sum, part) => sum + Number(part ?? 0), 0);
  return ticks * MICROSECONDS_PER_TICK;
}

/**
 * Whether processes can be pinned to one core each. A server and a generator on one core cannot be measured.
 */
const pinned: boolean = cpus().length > 1 && spawnSync(pinner, ["--version"]).status === 0;

/** Pins this process, the generator, to the second core. */
export function pinGenerator(): void {
  if (pinned) spawnSync(pinner, ["-a", "-c", "-p", "1", String(process.pid)]);
}

/** A description of the machine in one line, with its load before the run. */
export function machine(): string {
  const filesystem = spawnSync("stat", ["-f", "-c", "%T", tmpdir()], { encoding: "utf8" }).stdout?.trim();
  return [
    `${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}`,
    `${Math.round(totalmem() / 2 ** 30)} GB`,
    `${platform()} ${release()} ${arch()}`,
    `state on ${filesystem || "an unknown file system"}`,
    pinned ? "server on core 0, generator on core 1" : "not pinned: server and generator share the cores",
    `load before the run ${loadavg()[0]?.toFixed(2) ?? "unknown"}`,
  ].join(" · ");
}
