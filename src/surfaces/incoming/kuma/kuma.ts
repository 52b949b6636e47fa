import { z } from "zod";
import { invalid } from "../../../domain/errors.ts";
import { bold, lines, link, messageText, oneLine, text } from "../../../domain/foreign/text.ts";
import { plain } from "../../../lib/markup.ts";
import { answerAsJson } from "../answers.ts";
import { refuseAsJson } from "../errors.ts";
import type { Shape } from "../shape.ts";

const Body = z.object({
  msg: text,
  heartbeat: z
    .object({ status: text, msg: text, localDateTime: text, time: text })
    .nullish()
    .catch(undefined),
  monitor: z.object({ name: text, url: text, hostname: text, port: text }).nullish().catch(undefined),
});

/** The states of a monitor, by number. */
const STATES: Readonly<Record<string, string>> = {
  "0": "🔴 down",
  "1": "✅ up",
  "2": "🟡 pending",
  "3": "🔧 under maintenance",
};
/** What a monitor has that has no address. */
const NO_URL = new Set(["https://", "http://"]);

/** The notification *Webhook* of Uptime Kuma, as JSON or as a form. */
export const kuma: Shape = {
  read: ({ body }) => {
    const given = Body.safeParse(body);
    if (!given.success || (given.data.msg === undefined && !given.data.heartbeat))
      throw invalid("body.msg", "must be a text, as Uptime Kuma posts it");
    const { msg = "", heartbeat, monitor } = given.data;
    const state = STATES[heartbeat?.status ?? ""];
    // A test and a certificate that ends have a text alone.
    if (!heartbeat || !monitor || state === undefined)
      return { text: messageText(plain(msg)) || "Uptime Kuma" };
    const { name = "", url = "", hostname = "", port = "" } = monitor;
    const place = NO_URL.has(url) ? undefined : url;
    const [sign = "", ...words] = state.split(" ");
    const host = [hostname, port].filter(Boolean).join(":");
    return {
      text: messageText(
        lines(
          `${sign} ${bold(link(name || "monitor", place))} is ${words.join(" ")}`,
          plain(oneLine([!place && host, heartbeat.msg].filter(Boolean).join(" · "), 500)),
        ),
      ),
    };
  },
  answer: answerAsJson,
  refuse: refuseAsJson,
};
