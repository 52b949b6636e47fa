import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, type TestContext, test } from "vitest";
import { z } from "zod";
import { PASSWORD } from "../../../scripts/support/person.ts";
import { collectOutput, ROOT } from "../../../scripts/support/wrangler.ts";

const NAME = "parley-tried-by-a-test";

const run = promisify(execFile);

/** Leaves a test out where it cannot be played, and says why. */
async function needs(context: TestContext, why: string, play: () => Promise<unknown>): Promise<void> {
  await play().catch(() => context.skip(why));
}

test("the unit is one that systemd takes", async (context) => {
  await needs(context, "no systemd-analyze here", () => run("systemd-analyze", ["--version"]));
  const folder = mkdtempSync(join(tmpdir(), "parley-unit-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const unit = join(folder, "parley.service");
  const text = readFileSync(join(ROOT, "packaging/parley.service"), "utf8");
  writeFileSync(unit, text.replaceAll("/opt/parley/", ROOT));
  const { stderr } = await run("systemd-analyze", ["verify", "--recursive-errors=no", unit]);
  expect(stderr).not.toContain("parley.service");
});

test("the container builds, serves from a read-only system, and goes on with its volume", {
  timeout: 900_000,
}, async (context) => {
  const engine = process.env.CONTAINER_ENGINE ?? "podman";
  const trial = ["run", "--rm", "node:26-slim", "node", "--version"];
  await needs(context, `${engine} runs no container of node:26-slim here`, () => run(engine, trial));
  const command = async (...args: string[]) => (await run(engine, args)).stdout.trim();
  const inside = (...args: string[]) => command("exec", NAME, ...args);
  const remove = async () => {
    await run(engine, ["rm", "--force", NAME]).catch(() => {});
    await run(engine, ["volume", "rm", "--force", NAME]).catch(() => {});
  };
  await remove();
  onTestFinished(remove);
  // Podman's own format has no health check.
  const format = engine === "podman" ? ["--format", "docker"] : [];
  await command("build", ...format, "--tag", NAME, ROOT);
  await command(
    "run",
    "--detach",
    "--name",
    NAME,
    "--read-only",
    "--tmpfs",
    "/tmp",
    "-v",
    `${NAME}:/data`,
    NAME,
  );
  const setup = /join\/(\S+)/.exec(await ready(engine, 1))?.[1];
  expect(await inside("id", "-un")).toBe("node");
  await expect(inside("touch", "/opt/parley/package.json")).rejects.toThrow();

  const health = await command("inspect", "--format", "{{json .Config.Healthcheck.Test}}", NAME);
  const [, ...check] = z.array(z.string()).parse(JSON.parse(health));
  await inside(...check);
  const call = (path: string, body: object) =>
    inside(
      ...[
        "node",
        "-e",
        "fetch(process.argv[1], JSON.parse(process.argv[2])).then(({ status }) => console.log(status))",
      ],
      `http://127.0.0.1:8787/v1/${path}`,
      JSON.stringify({
        ...{ method: "POST", headers: { "Content-Type": "application/json" } },
        body: JSON.stringify(body),
      }),
    );
  const ann = { username: "ann", password: PASSWORD };
  expect(await call("register", { ...ann, invitation: setup })).toBe("201");

  await command("stop", "-t", "30", NAME);
  expect(await command("inspect", "--format", "{{.State.ExitCode}}", NAME)).toBe("0");
  await command("start", NAME);
  await ready(engine, 2);
  expect(await call("login", ann)).toBe("200");
});

/** Waits for the nth time that the container is ready. @returns its log */
async function ready(engine: string, times: number): Promise<string> {
  const child = spawn(engine, ["logs", "--follow", NAME]);
  const output = collectOutput(child);
  try {
    while (output().split("Parley is ready").length <= times) {
      if (child.exitCode !== null) throw new Error(output());
      await Promise.race([once(child.stdout, "data"), once(child.stderr, "data"), once(child, "exit")]);
    }
    return output();
  } finally {
    child.kill();
  }
}
