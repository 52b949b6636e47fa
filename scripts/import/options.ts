import { parseArgs } from "node:util";
import { z } from "zod";

export const Origin = z.enum(["slack", "mattermost", "discord", "stream"]);
export type Origin = z.infer<typeof Origin>;

export const HELP = `npm run import -- FILE [--from slack|mattermost|discord|stream] [--dry-run]

Moves users, conversations, messages and files here. FILE is what the origin exports: a .zip, a folder, a .json or
a .jsonl file. Without --from it is JSON Lines of Parley's own format. A repeat changes nothing, so an import that
was broken off is run again. PARLEY_URL is the address of the deployment, PARLEY_KEY a server key with the scope data.

  --from <origin>      slack, mattermost, discord (DiscordChatExporter's JSON) or stream
  --dry-run            converts and checks; with PARLEY_URL the server checks, too. Nothing is stored or downloaded
  --people <file>      who is who here: CSV or JSON of the origin's id or an e-mail → an external id of yours
  --match-email        people who have an account here with the same e-mail are this account (scope users, too)
  --files <folder>     files of the export that are apart from it; downloads stay there
  --no-files           brings no files: messages keep their names
  --slack-token <t>    a token that may read files at Slack, if the links of the export have none;
                       or SLACK_TOKEN in the environment
  --workspace <name>   tells apart two exports whose origin gives no id: part of the external ids. Not with discord
  --report <file>      everything that was left out, as JSON Lines
  --help               this text`;

export interface Options {
  file: string;
  from: Origin | undefined;
  isDry: boolean;
  people: string | undefined;
  matchesEmail: boolean;
  files: string | undefined;
  hasFiles: boolean;
  slackToken: string | undefined;
  workspace: string | undefined;
  report: string | undefined;
}

/** A command line that is not understood. */
export class UsageError extends Error {}

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;

/** Reads the command line. @returns null: only the help is wanted. @throws UsageError */
export function readOptions(argv: readonly string[]): Options | null {
  const { values, positionals } = parsed(argv);
  if (values.help) return null;
  const [file, ...others] = positionals;
  if (file === undefined) throw new UsageError("Name the file or folder to import.");
  if (others.length > 0) throw new UsageError(`One file at a time: what is ${others.join(" ")}?`);
  const from = Origin.optional().safeParse(values.from);
  if (!from.success)
    throw new UsageError(`--from is one of ${Origin.options.join(", ")}, not ${values.from}.`);
  if (values["slack-token"] !== undefined && from.data !== "slack")
    throw new UsageError("--slack-token goes with --from slack.");
  const ofConverters = ["people", "workspace", "match-email", "no-files"] as const;
  const wrong = from.data === undefined ? ofConverters.find((name) => values[name]) : undefined;
  if (wrong) throw new UsageError(`--${wrong} goes with --from: Parley's own format comes as it is.`);
  if (values.workspace !== undefined && from.data === "discord")
    throw new UsageError("--workspace does not go with --from discord: its ids are unique by themselves.");
  return {
    ...{ file, from: from.data, isDry: values["dry-run"], people: values.people },
    ...{ matchesEmail: values["match-email"], files: values.files, hasFiles: !values["no-files"] },
    ...{ slackToken: values["slack-token"], workspace: values.workspace, report: values.report },
  };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        ...{ from: text, people: text, files: text, "slack-token": text, workspace: text, report: text },
        ...{ "dry-run": flag, "match-email": flag, "no-files": flag, help: flag },
      },
    });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}
