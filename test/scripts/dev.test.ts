import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type Called, whenFree } from "../../scripts/deploy/calls.ts";
import { lanAddresses, phoneHint, safeInPlaceOf } from "../../scripts/support/lan.ts";
import { collectOutput, exitCode, ROOT } from "../../scripts/support/wrangler.ts";

const BUSY = "✘ [ERROR] database is locked: SQLITE_BUSY";

/** A wrangler that meets a busy database so often. */
function busyFor(times: number, output = BUSY) {
  let calls = 0;
  const run = async (): Promise<Called> => {
    calls++;
    return calls > times ? { ok: true, stdout: "[]", output: "[]" } : { ok: false, stdout: "", output };
  };
  return { run, calls: () => calls };
}

const pauses: number[] = [];
const pause = async (ms: number) => void pauses.push(ms);

test("a call that meets a busy database waits, and tries again", async () => {
  const wrangler = busyFor(3);
  expect(await whenFree(wrangler.run, pause)(["d1"], {})).toMatchObject({ ok: true });
  expect([wrangler.calls(), pauses.length]).toEqual([4, 3]);
});

test("it gives up in the end, and tries no other failure again", async () => {
  const [busy, wrong] = [busyFor(1_000), busyFor(1_000, "no such table")];
  expect(await whenFree(busy.run, pause)(["d1"], {})).toMatchObject({ ok: false, output: BUSY });
  expect(busy.calls()).toBeLessThan(100);
  expect(await whenFree(wrong.run, pause)(["d1"], {})).toMatchObject({ ok: false });
  expect(wrong.calls()).toBe(1);
});

const folder = mkdtempSync(join(tmpdir(), "parley-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A wrangler that notes each call. The first one meets a busy database, each later one another failure. */
const FAILING = `
  import { appendFileSync, readFileSync } from "node:fs";
  appendFileSync("calls", process.argv.slice(2, 5).join(" ") + "\\n");
  const isFirst = readFileSync("calls", "utf8").split("\\n").length === 2;
  const fail = () => {
    console.error(isFirst ? ${JSON.stringify(BUSY)} : "no such table");
    process.exit(1);
  };
  if (process.env.FAKE_HANGS) {
    process.on("SIGTERM", fail);
    process.kill(process.ppid, "SIGTERM");
    setInterval(() => {}, 1000);
  } else fail();
`;

test.each([
  ["tries again while a server has the database", {}, ["no such table", 2]],
  ["tries nothing again once it is asked to end", { FAKE_HANGS: "on" }, [BUSY, 1]],
])("npm run dev %s", async (_, env, [said, calls]) => {
  const wrangler = join(folder, "wrangler.mjs");
  const log = join(folder, "calls");
  rmSync(log, { force: true });
  writeFileSync(wrangler, FAILING.replaceAll('"calls"', JSON.stringify(log)));
  const settings = join(folder, "settings");
  writeFileSync(settings, "");
  const flags = ["--port", "0", "--persist-to", folder, "--env-file", settings];
  const child = spawn(process.execPath, ["scripts/dev.ts", ...flags], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, PARLEY_WRANGLER: wrangler, ...env },
  });
  const output = collectOutput(child);
  expect(await exitCode(child)).toBe(1);
  expect(output()).toContain(said);
  expect(readFileSync(log, "utf8")).toBe("d1 migrations apply\n".repeat(Number(calls)));
});

const STRONG = "a-key-of-a-service-that-is-long";

test.each([
  [{ APP_KEYS: "dev-app-key", USERSIG_RULE_KEY: "dev-rule-key" }, ["APP_KEYS", "USERSIG_RULE_KEY"]],
  [{ APP_KEYS: `${STRONG},short`, USERSIG_RULE_KEY: STRONG }, ["APP_KEYS"]],
  [{ ALLOWED_ORIGINS: "*", USERSIG_PROVISIONING: "open" }, ["USERSIG_PROVISIONING"]],
  [{ ALLOWED_ORIGINS: "*", USERSIG_PROVISIONING: "key", APP_KEYS: STRONG }, []],
  [{}, []],
])("of %j the network meets others in place of what is unsafe", (settings, names) => {
  const made = safeInPlaceOf(settings);
  expect(Object.keys(made)).toEqual(names);
  // What takes their place is safe, and another one each time.
  expect(safeInPlaceOf({ ...settings, ...made })).toEqual({});
  if (made.APP_KEYS) expect(safeInPlaceOf(settings).APP_KEYS).not.toBe(made.APP_KEYS);
});

test("a phone is told an address that it reaches, and a QR code of it in a terminal", () => {
  const at = (address: string, internal = false, family: "IPv4" | "IPv6" = "IPv4") => {
    const rest = { internal, mac: "00:00:00:00:00:00", cidr: null, netmask: "" };
    return family === "IPv4" ? { ...rest, address, family } : { ...rest, address, family, scopeid: 0 };
  };
  const addresses = lanAddresses({
    lo: [at("127.0.0.1", true)],
    docker0: [at("172.17.0.1")],
    eth1: [at("169.254.3.4")],
    wlan0: [at("fe80::1", false, "IPv6"), at("192.168.1.5")],
  });
  expect(addresses).toEqual(["192.168.1.5"]);
  expect(phoneHint(addresses, "8787", false)).toBe(
    "On a phone in the same network, open http://192.168.1.5:8787",
  );
  expect(phoneHint(addresses, "8787", true).split("\n").length).toBeGreaterThan(12);
  expect(phoneHint([], "8787", true)).toContain("no address");
});

test.each([
  [
    ["--lan"],
    ["--ip", "0.0.0.0", "APP_KEYS:", "USERSIG_RULE_KEY:", "USERSIG_PROVISIONING:key"],
    "DEV_LOOPBACK",
  ],
  [[], ["DEV_LOOPBACK:on"], "0.0.0.0"],
])("npm run dev %j serves whom it should", async (flags, present, absent) => {
  const [wrangler, log, settings] = ["wrangler.mjs", "calls", "settings"].map((name) => join(folder, name));
  writeFileSync(
    wrangler ?? "",
    `import { appendFileSync } from "node:fs"; appendFileSync(${JSON.stringify(log)}, process.argv.slice(2).join(" ") + "\\n");`,
  );
  writeFileSync(log ?? "", "");
  writeFileSync(
    settings ?? "",
    "ALLOWED_ORIGINS=*\nAPP_KEYS=dev-app-key\nUSERSIG_RULE_KEY=dev-rule-key\nUSERSIG_PROVISIONING=open\n",
  );
  const given = ["--port", "0", "--persist-to", folder, "--env-file", settings ?? ""];
  const child = spawn(process.execPath, ["scripts/dev.ts", ...given, ...flags], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, PARLEY_WRANGLER: wrangler },
  });
  const output = collectOutput(child);
  expect(await exitCode(child), output()).toBe(0);
  expect(output()).toContain("for development. A server for people: npm start");
  const called =
    readFileSync(log ?? "", "utf8")
      .split("\n")
      .find((line) => line.startsWith("dev ")) ?? "";
  for (const one of present) expect(called).toContain(one);
  expect(called).not.toContain(absent);
  expect(called).not.toMatch(/dev-(app|rule)-key|--lan/);
});
