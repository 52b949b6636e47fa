import { createServer, type RequestListener } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addressFlaw, isPublic } from "../../../src/lib/outgoing/address.ts";
import { guardedFetch, NoAnswerError } from "../../../src/lib/outgoing/guarded-fetch.ts";
import { leadsToPublic } from "../../../src/lib/outgoing/resolver.ts";

const close: (() => void)[] = [];
afterAll(() => {
  for (const end of close) end();
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  close.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return `127.0.0.1:${address.port}`;
}

let reached: string[] = [];
let place = "";
let resolver = "";
/** What the name server answers: addresses by name. */
const records = new Map<string, string[]>();

beforeAll(async () => {
  place = await serve((request, response) => {
    reached.push(request.url ?? "");
    response.writeHead(302, { Location: `http://${place}/elsewhere` }).end();
  });
  const names = await serve((request, response) => {
    const { searchParams } = new URL(request.url ?? "/", "http://localhost");
    const [type, isSix] = [Number(searchParams.get("type")), searchParams.get("type") === "28"];
    const found = records.get(searchParams.get("name") ?? "") ?? [];
    const Answer = found.filter((data) => data.includes(":") === isSix).map((data) => ({ type, data }));
    response.end(JSON.stringify({ Status: 0, Answer: [{ type: 5, data: "alias.example." }, ...Answer] }));
  });
  resolver = `http://${names}/dns-query`;
});

/** Addresses that nobody on the Internet reaches, or that lead elsewhere. */
const PRIVATE = [
  ..."0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.1.2.3".split(" "),
  ..."127.255.255.254 169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255".split(" "),
  ..."192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.1 198.18.0.1".split(" "),
  ..."198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1".split(" "),
  ..."255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:7f00:1".split(" "),
  ..."::ffff:169.254.169.254 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1".split(" "),
  ..."2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe:: 3fff::1".split(" "),
  ..."5f00::1 fc00::1 fd00::1 fd00:ec2::254 fdff::1 fe80::1 fe80::a9fe:a9fe febf::1 fec0::1".split(" "),
  ..."ff02::1 ff05::2 4000::1 e000::1".split(" "),
];

/** Spellings of addresses in a URL. */
const SPELLINGS = [
  ..."127.0.0.1 127.1 127.0.1 2130706433 017700000001 0x7f000001 0x7f.1 0177.0.0.1".split(" "),
  ..."0x7f.0x0.0x0.0x1 0177.0.0.0x1 127.0.0.1. %31%32%37.0.0.1 １２７.0.0.1 ①②⑦.0.0.1 127。0。0。1 0".split(
    " ",
  ),
  ..."0.0.0.0 0x0 2852039166 0xa9fea9fe 025177524776 169.254.169.254 0xA9.0xFE.0xA9.0xFE".split(" "),
  ..."169.254.43518 10.1 0x0a000001 012.0.0.1 192.168.1 3232235777 [::1] [::] [0:0:0:0:0:0:0:1]".split(" "),
  ..."[::ffff:127.0.0.1] [::ffff:7f00:1] [fe80::1] [fd00::1] [64:ff9b::7f00:1]".split(" "),
  ..."[2606:4700:4700::1111] 1.1.1.1 8.8.8.8 0x08080808 localhost LOCALHOST localhost.".split(" "),
  ..."a.localhost l%6fcalhost ｌｏｃａｌｈｏｓｔ metadata metadata.google.internal".split(" "),
  ..."METADATA.GOOGLE.INTERNAL. instance-data printer.local router.lan host.docker.internal".split(" "),
  ..."wiki.corp nas.home.arpa intranet db.intranet x.private".split(" "),
];

test("none of 200 addresses that are not public is reached", async () => {
  const [, port = ""] = place.split(":");
  const named = PRIVATE.map((address, i) => {
    records.set(`private-${i}.example`, [address]);
    // One public address beside it makes it no better.
    records.set(`mixed-${i}.example`, ["1.1.1.1", "2606:4700:4700::1111", address]);
    return [`https://private-${i}.example:${port}/`, `https://mixed-${i}.example/`];
  });
  const urls = [
    ...SPELLINGS.flatMap((host) => [
      `https://${host}:${port}/`,
      `http://${host}:${port}/`,
      `https://${host}/`,
    ]),
    ...named.flat(),
    ...[`https://nowhere.example/`, `https://user@a.example/`, `https://user:secret@a.example/`],
    ...[`https://a.example@${place}/`, `https://${place}\\@a.example/`, `https://${place}#@a.example/`],
    ...["https://a.example:80/", "https://a.example:22/", "https://a.example:1023/", "http://a.example/"],
    ...[
      "ftp://a.example/",
      "file:///etc/passwd",
      `data:text/plain,a`,
      "javascript:1",
      "//a.example",
      "a.example",
    ],
    ...[
      `gopher://${place}/`,
      `ws://${place}/`,
      `wss://${place}/`,
      "https://",
      "https:///",
      "",
      " ",
      "https://a b.example",
    ],
  ];
  expect(urls.length).toBeGreaterThan(200);
  reached = [];
  const call = { method: "GET", headers: {}, timeoutMs: 5_000, maxBytes: 100 } as const;
  const answers = await Promise.allSettled(
    urls.map((url) => guardedFetch({ ...call, url }, { allowsLoopback: false, resolver })),
  );
  const allowed = urls.filter((_, i) => {
    const answer = answers[i];
    return answer?.status !== "rejected" || !(answer.reason instanceof NoAnswerError);
  });
  expect({ allowed, reached }).toEqual({ allowed: [], reached: [] });
  // They were refused before anything was called.
  const words = answers.map((answer) => (answer.status === "rejected" ? String(answer.reason.message) : ""));
  expect(words.filter((one) => !/^The (address must|name of the address leads)/.test(one))).toEqual([]);
});

test("public addresses are allowed, also by a port of one's own", async () => {
  records.set("chat.example", ["1.1.1.1", "2606:4700:4700::1111"]);
  expect(await leadsToPublic("chat.example", resolver, AbortSignal.timeout(5_000))).toBe(true);
  for (const url of ["https://chat.example/hooks?a=1", "https://chat.example:8443", "https://CHAT.example./"])
    expect(addressFlaw(url, false)).toBeNull();
  for (const address of [
    "1.1.1.1",
    "93.184.215.14",
    "172.15.0.1",
    "172.32.0.1",
    "2606:4700::1111",
    "2a00::1",
  ])
    expect(isPublic(address), address).toBe(true);
});

test("in development this machine is called, a redirect is not followed, and an answer has a bound", async () => {
  const wayOut = { allowsLoopback: true, resolver };
  const call = { method: "POST", headers: {}, body: "a", timeoutMs: 5_000 } as const;
  reached = [];
  expect(await guardedFetch({ ...call, url: `http://${place}/here`, maxBytes: 10 }, wayOut)).toMatchObject({
    status: 302,
  });
  expect(reached).toEqual(["/here"]);
  const large = await serve((_, response) => void response.end("0123456789a"));
  await expect(guardedFetch({ ...call, url: `http://${large}`, maxBytes: 10 }, wayOut)).rejects.toThrow(
    "more than 10 bytes",
  );
  const silent = await serve(() => undefined);
  const late = { ...call, url: `http://${silent}`, maxBytes: 10, timeoutMs: 50 };
  await expect(guardedFetch(late, wayOut)).rejects.toThrow("no answer within 0.05 s");
});
