import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { download } from "../../../scripts/import/files/download.ts";
import { CONVERTERS } from "../../../scripts/import/origins.ts";
import { folderOf } from "./folder.ts";
import { listen } from "./http.ts";

const MAX_BYTES = 1_000;

const place = () => join(folderOf({}), "file.txt");

test("downloads a file, with the token for its host alone, also behind a redirect", async () => {
  const { origin: cdn, got: atCdn } = await listen((_, response) => response.end("leaf"));
  const { origin, got } = await listen((_, response) =>
    response.writeHead(302, { location: `${cdn}/leaf` }).end(),
  );
  const path = place();
  const headers = (url: URL): Record<string, string> =>
    url.origin === origin ? { Authorization: "Bearer t" } : {};
  expect(await download(`${origin}/leaf`, path, MAX_BYTES, { allows: () => true, headers })).toBeNull();
  expect(readFileSync(path, "utf8")).toBe("leaf");
  expect([got[0]?.headers.authorization, atCdn[0]?.headers.authorization]).toEqual(["Bearer t", undefined]);
});

test("asks no host that the origin does not have its files at, not even by a redirect", async () => {
  const { origin: inside, got } = await listen((_, response) => response.end("secret"));
  const { origin } = await listen((_, response) =>
    response.writeHead(302, { location: `${inside}/x` }).end(),
  );
  const path = place();
  const allows = (url: URL) => url.origin === origin;
  const host = new URL(inside).host;
  expect(await download(`${origin}/a`, path, MAX_BYTES, { allows })).toBe(
    `files of ${host} are not downloaded`,
  );
  expect(got).toEqual([]);
  expect(existsSync(path)).toBe(false);
});

test("tries again after a failure of the host, and gives up what the host refuses", async () => {
  let failures = 1;
  const { origin, got } = await listen(({ path }, response) => {
    if (path === "/busy" && failures-- > 0) response.writeHead(503).end();
    else if (path === "/busy") response.end("late");
    else if (path === "/page")
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<html>");
    else if (path === "/large") response.end("x".repeat(MAX_BYTES + 1));
    else response.writeHead(404).end();
  });
  const fetched = (name: string) => download(`${origin}/${name}`, place(), MAX_BYTES, { allows: () => true });
  expect(await fetched("busy")).toBeNull();
  expect(await fetched("gone")).toBe("the host answers 404");
  expect(await fetched("page")).toContain("a token may be missing or old");
  expect(await fetched("large")).toBe(`it has more than ${MAX_BYTES} bytes`);
  expect(got).toHaveLength(5);
});

test("each origin has its files at hosts of its own, over https, and its token goes nowhere else", () => {
  const { allows, headers } = CONVERTERS.slack.downloads({ slackToken: "xoxp-1" });
  const urls = [
    "https://files.slack.com/a",
    "http://files.slack.com/a",
    "https://slack.com.example/a",
    "https://10.0.0.1/",
  ];
  expect(urls.map((url) => allows(new URL(url)))).toEqual([true, false, false, false]);
  expect(headers?.(new URL("https://files.slack.com/a"))).toEqual({ Authorization: "Bearer xoxp-1" });
  expect(headers?.(new URL("https://avatars.slack-edge.com/a"))).toEqual({});
  const discord = CONVERTERS.discord.downloads({ slackToken: undefined });
  expect(discord.allows(new URL("https://cdn.discordapp.com/attachments/1"))).toBe(true);
});
