import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { assertSame } from "../support/assert-same.ts";
import { Person } from "../support/person.ts";
import { Server, type TemporaryFolder } from "../support/server.ts";
import { ROOT } from "../support/wrangler.ts";
import { type Api, fillWorld, viewOf } from "./world.ts";

const MESSAGES = 300;

/**
 * Backs a deployment up, loses its whole state folder, restores it, and compares what users see: lists,
 * unread counts, histories, friends, files, drafts, scheduled and saved messages, search. Then once more,
 * with what is new.
 * @throws an Error if anything differs
 */
export async function loseAll(folder: TemporaryFolder): Promise<void> {
  const backup = join(folder.scratch, "backup");
  let server = await Server.start(folder.paths);
  const names = ["ann", "bob", "cai"];
  const [ann, bob, cai] = await Promise.all(names.map((name) => Person.register(server.origin, name)));
  if (!ann || !bob || !cai) throw new Error("nobody is there");
  const world = await fillWorld(apiOf(server), [ann, bob, cai], MESSAGES);
  const bytes = randomBytes(3_000_000);
  const blob = new Blob([bytes], { type: "application/octet-stream" });
  const { url } = uploaded(await apiOf(server)(ann.token, "POST", "/v1/files?name=large.bin", blob));
  const views = () => Promise.all(world.users.map((user) => viewOf(apiOf(server), user)));
  const before = await views();
  await server.stop();

  await script("backup", backup, folder);
  rmSync(folder.state, { recursive: true });
  await script("restore", backup, folder);
  server = await Server.start(folder.paths);
  assertSame("what the restored users see", await views(), before);
  const path = new URL(url).pathname;
  const read = await fetch(`${server.origin}${path}`);
  assertSame("the bytes of a file", Buffer.compare(Buffer.from(await read.arrayBuffer()), bytes), 0);
  const [, group] = world.conversations;
  if (group === undefined) throw new Error("the world has a group");
  const last = (await ann.at(server.origin).history(group)).at(-1)?.seq ?? 0;
  const next = await ann.at(server.origin).send(group, "after the restore");
  assertSame("the next seq", next.seq, last + 1);
  await bob.at(server.origin).signIn();
  const dan = await Person.register(server.origin, "dan");
  assertSame("a new user's id is above all others", dan.user.id > cai.user.id, true);
  const now = await views();
  await server.stop();
  console.log(
    `a lost state folder: restored, ${MESSAGES} messages, lists, unread counts and files as before`,
  );

  await script("backup", backup, folder);
  rmSync(folder.state, { recursive: true });
  await script("restore", backup, folder);
  server = await Server.start(folder.paths);
  assertSame("what users see after a second backup", await views(), now);
  await server.stop();
  rmSync(folder.state, { recursive: true });
  console.log("lost again: the backup had what was new");
}

/** The calls of users, at a server. */
export function apiOf({ origin }: Pick<Server, "origin">): Api {
  return async (token, method, path, body) => {
    const isBlob = body instanceof Blob;
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body !== undefined && { "Content-Type": isBlob ? body.type : "application/json" }),
      },
      ...(body !== undefined && { body: isBlob ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    // A URL of a file has the origin of the server, whose port changes.
    return text === "" ? null : JSON.parse(text.replaceAll(origin, "http://server"));
  };
}

function uploaded(answer: unknown): { url: string } {
  if (typeof answer === "object" && answer !== null && "url" in answer && typeof answer.url === "string")
    return { url: answer.url };
  throw new Error("the upload has no URL");
}

/** Runs `npm run backup` or `npm run restore` on the state of a folder. @throws an Error if it fails */
export function script(
  name: "backup" | "restore",
  backup: string,
  { state }: Pick<TemporaryFolder, "state">,
) {
  const path = join(ROOT, "scripts", `${name}.ts`);
  if (!existsSync(path)) throw new Error(`${path} is missing`);
  const child = spawn(process.execPath, [path, backup, "--persist-to", state], {
    cwd: ROOT,
    stdio: "inherit",
  });
  return new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`npm run ${name} ended with ${code}`));
    });
  });
}
