import { once } from "node:events";
import { mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { runtimesOf } from "../../../scripts/start/folder.ts";
import { emptyFolder, refused, register, START, started } from "./support/processes.ts";

const Invitation = z.object({ code: z.string() });

test("a server on a folder serves page and API, ends with all that is under way, and goes on where it was", {
  timeout: 180_000,
}, async () => {
  const data = emptyFolder();
  const first = await started(data);
  const page = await fetch(first.origin);
  expect(await page.text()).toContain("<title>");
  // Nobody registers before somebody has opened the link of the log, and invited them.
  await expect(register(first.origin, "eve")).rejects.toThrow("403");
  const ann = await register(first.origin, "ann", first.setup);
  await expect(register(first.origin, "eve", first.setup)).rejects.toThrow("403");
  const { id } = await ann.openGroup("home", []);
  const { code: invitation } = Invitation.parse(
    await ann.call("POST", `/v1/conversations/${id}/invitations`, {}),
  );
  const ben = await register(first.origin, "ben", invitation);
  await ben.call("POST", `/v1/invitations/${invitation}`, {});
  await ann.send(id, "kept");
  expect(statSync(join(data, "secrets.env")).mode & 0o777).toBe(0o600);

  // A second server on the folder is refused, and changes nothing.
  const second = await refused("--data", data);
  expect(second).toMatchObject({ code: 1 });
  expect(second.output).toContain("Another server runs on the folder");

  const socket = new WebSocket(ben.deviceUrl, { headers: { Authorization: `Bearer ${ben.token}` } });
  await once(socket, "message");
  const closed = once(socket, "close");
  first.child.kill("SIGTERM");
  const [code] = await closed;
  expect(code).toBe(1012);
  const [exit] = await once(first.child, "exit");
  expect(exit).toBe(0);
  expect(runtimesOf(data)).toEqual([]);

  // Killed, it leaves a runtime behind, which the next start ends.
  const killed = await started(data);
  await ann.at(killed.origin).send(id, "kept too");
  killed.child.kill("SIGKILL");
  await once(killed.child, "exit");
  expect(runtimesOf(data)).toHaveLength(1);
  // By another path, too.
  const link = `${data}-link`;
  symlinkSync(data, link);
  onTestFinished(() => rmSync(link));
  const last = await started(link);
  expect(runtimesOf(data)).toHaveLength(1);
  expect(last.setup).toBeUndefined();
  const texts = (await ben.at(last.origin).history(id)).map(({ body }) => body);
  expect(texts).toEqual(expect.arrayContaining([{ text: "kept" }, { text: "kept too" }]));
});

test("a start that cannot be says why in one line, and makes no server", { timeout: 180_000 }, async () => {
  const folder = emptyFolder();
  const file = join(folder, "file");
  writeFileSync(file, "");
  const damaged = join(folder, "damaged");
  const database = join(damaged, "v3/d1/miniflare-D1DatabaseObject");
  mkdirSync(database, { recursive: true });
  writeFileSync(
    join(database, "1.sqlite"),
    "no database at all, but long enough for a header of one".repeat(20),
  );
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  onTestFinished(() => {
    taken.close();
  });
  const address = taken.address();
  const port = typeof address === "object" && address ? String(address.port) : "";
  for (const [args, words] of [
    [["--data", file], "cannot be used"],
    [["--data", join(folder, "a"), "--port", port], "EADDRINUSE"],
    [["--data", join(folder, "b"), "--tls-cert", file], "go together"],
    [["--data", join(folder, "c"), "--tls-cert", file, "--tls-key", join(folder, "none")], "cannot read"],
    [["--data", join(folder, "c"), "--tls-cert", START, "--tls-key", START], "cannot use the certificate"],
    [["--data", join(folder, "c"), "--proxy", "caddy"], "the proxies caddy"],
    [["--data", damaged], "cannot read the database"],
    [["--data", join(folder, "d"), "--port", "70000"], "--port takes a number"],
    [["--datas", "x"], "--datas"],
  ] as const) {
    const { code, output } = await refused(...args);
    expect([args, code]).toEqual([args, 1]);
    expect(output.split("\n").filter((line) => line.startsWith("✘"))).toHaveLength(1);
    expect(output).toContain(words);
  }
});
