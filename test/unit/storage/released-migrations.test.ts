/**
 * A migration that was released never changes, since databases and objects are there that it has made. Each
 * has its hash in `released-migrations.json`; a new one gets a line there.
 */
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { MIGRATIONS as ARCHIVE } from "../../../src/conversation/archives/object/object.ts";
import * as conversation from "../../../src/conversation/migrations.ts";
import { MIGRATIONS as RELAY } from "../../../src/conversation/relays/object/lifecycle.ts";
import * as hook from "../../../src/hook/migrations.ts";
import * as inbox from "../../../src/inbox/migrations.ts";
import { sha256 } from "../../../src/lib/sha256.ts";
import released from "./released-migrations.json" with { type: "json" };

const STEPS: [string, string][] = [
  ...env.TEST_MIGRATIONS.map(({ name, queries }): [string, string] => [name, queries.join(";")]),
  ...Object.entries({
    conversation,
    relay: { MIGRATIONS: RELAY },
    archive: { MIGRATIONS: ARCHIVE },
    inbox,
    hook,
  }).flatMap(([name, { MIGRATIONS }]) =>
    MIGRATIONS.map(({ version, minCode, sql }): [string, string] => [
      `${name} ${version}`,
      `${minCode} ${sql}`,
    ]),
  ),
];

/** The first 16 digits of the SHA-256 of a text, wherever its lines break. */
const hashOf = (text: string) => sha256(text.replaceAll(/\s+/g, " ").trim()).slice(0, 16);

test("migrations are only added: none that was released has changed or gone", () => {
  expect(Object.fromEntries(STEPS.map(([name, text]) => [name, hashOf(text)]))).toEqual(released);
});
