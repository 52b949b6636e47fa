import type { Collection } from "./collected/collection.ts";
import { readDiscord } from "./discord/discord.ts";
import type { Downloads } from "./files/download.ts";
import type { Source } from "./input/source.ts";
import { readMattermost } from "./mattermost/mattermost.ts";
import type { Options, Origin } from "./options.ts";
import { readSlack } from "./slack/slack.ts";
import { readStream } from "./stream/stream.ts";

/** Reads an export of one origin into a collection. */
export interface Converter {
  /** @param workspace `--workspace` @throws ImportFailure that names the file and line */
  read(source: Source, collection: Collection, workspace: string | undefined): Promise<void>;
  /** where its files may be downloaded */
  downloads(options: Pick<Options, "slackToken">): Downloads;
}

export const CONVERTERS: Record<Origin, Converter> = {
  slack: {
    read: readSlack,
    downloads: ({ slackToken }) => ({
      allows: hostsUnder("slack.com", "slack-files.com", "slack-edge.com"),
      headers: (url) =>
        slackToken && hostsUnder("slack.com")(url) ? { Authorization: `Bearer ${slackToken}` } : {},
    }),
  },
  mattermost: { read: readMattermost, downloads: () => ({ allows: () => false }) },
  discord: {
    read: readDiscord,
    downloads: () => ({ allows: hostsUnder("discordapp.com", "discordapp.net") }),
  },
  stream: {
    read: readStream,
    downloads: () => ({ allows: hostsUnder("stream-io-cdn.com", "stream-io-api.com", "getstream.io") }),
  },
};

/** Hosts under some domains, over https. */
function hostsUnder(...domains: readonly string[]): (url: URL) => boolean {
  return ({ protocol, hostname, port }) =>
    protocol === "https:" &&
    port === "" &&
    domains.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`));
}
