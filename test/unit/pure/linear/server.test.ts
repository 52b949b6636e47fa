import { describe, test } from "vitest";
import type { z } from "zod";
import { piecesOf, queryTokens, tokensOf } from "../../../../src/conversation/search/tokens.ts";
import { NewUsername, OwnUsername, Username } from "../../../../src/domain/accounts/user.ts";
import { Commands } from "../../../../src/domain/bots/command.ts";
import { CoreError } from "../../../../src/domain/errors.ts";
import { ContentType, FileName } from "../../../../src/domain/files/file.ts";
import { fileKeysIn } from "../../../../src/domain/files/file-keys.ts";
import { fromDiscord } from "../../../../src/domain/foreign/discord/markdown.ts";
import { fromMarkdown as fromGitHub } from "../../../../src/domain/foreign/markdown.ts";
import { fromMrkdwn } from "../../../../src/domain/foreign/slack/mrkdwn.ts";
import { cutMarkdown, messageText, oneLine } from "../../../../src/domain/foreign/text.ts";
import { httpUrl } from "../../../../src/domain/http-url.ts";
import { bodyJson, previewText } from "../../../../src/domain/messages/content.ts";
import { linkIn } from "../../../../src/domain/messages/link-preview.ts";
import { ReactionKey } from "../../../../src/domain/messages/reactions.ts";
import { compileRules } from "../../../../src/domain/moderation/rules/compile.ts";
import { ModerationRules } from "../../../../src/domain/moderation/rules/rule.ts";
import { hiddenFlaw, withoutHidden } from "../../../../src/domain/names/characters.ts";
import { namesEverybody } from "../../../../src/domain/names/everybody.ts";
import { lookAlikeKeys } from "../../../../src/domain/names/look-alike.ts";
import { GroupName, NameCard } from "../../../../src/domain/names/names.ts";
import { ExternalId } from "../../../../src/domain/server/user-ref.ts";
import { jsonFields, queryFields } from "../../../../src/http/fields.ts";
import { fileOfUrl } from "../../../../src/http/file-url.ts";
import { parseJson, requireSound } from "../../../../src/http/json.ts";
import { Base64 } from "../../../../src/http/uploads/base64.ts";
import { readPart } from "../../../../src/http/uploads/form-file.ts";
import { readParameters } from "../../../../src/http/uploads/header-parameters.ts";
import { plain } from "../../../../src/lib/markup.ts";
import { addressFlaw } from "../../../../src/lib/outgoing/address.ts";
import { comparisonForm, storedForm } from "../../../../src/lib/text-forms.ts";
import { readContent } from "../../../../src/surfaces/appkey/content.ts";
import { alertmanager } from "../../../../src/surfaces/incoming/alertmanager/alertmanager.ts";
import { discord } from "../../../../src/surfaces/incoming/discord/discord.ts";
import { gitea } from "../../../../src/surfaces/incoming/gitea/gitea.ts";
import { github } from "../../../../src/surfaces/incoming/github/github.ts";
import { gitlab } from "../../../../src/surfaces/incoming/gitlab/gitlab.ts";
import { grafana } from "../../../../src/surfaces/incoming/grafana/grafana.ts";
import { kuma } from "../../../../src/surfaces/incoming/kuma/kuma.ts";
import { plain as ours } from "../../../../src/surfaces/incoming/plain/plain.ts";
import { sentry } from "../../../../src/surfaces/incoming/sentry/sentry.ts";
import type { Shape } from "../../../../src/surfaces/incoming/shape.ts";
import { slack } from "../../../../src/surfaces/incoming/slack/slack.ts";
import { escaped, readCards, textOfCards, unescaped } from "../../../../src/surfaces/kook/cards.ts";

import { fromHtml } from "../../../../src/surfaces/telegram/text/html.ts";
import { fromMarkdown, fromMarkdownV2 } from "../../../../src/surfaces/telegram/text/markdown.ts";
import { toOurs } from "../../../../src/surfaces/telegram/text/marked.ts";
import { toShown } from "../../../../src/surfaces/telegram/text/shown.ts";
import {
  conversationID,
  messageID,
  notificationID,
  sentID,
  sentPlace,
  userID,
} from "../../../../src/surfaces/tim/ids.ts";
import { expectLinear, type Reader } from "./worst-texts.ts";

/** A reader that refuses some texts. A stack that overflows is no refusal. */
const refusing =
  (read: Reader): Reader =>
  (text) => {
    try {
      read(text);
    } catch (error) {
      if (!(error instanceof CoreError)) throw error;
    }
  };

const parsing =
  (schema: z.ZodType): Reader =>
  (text) =>
    schema.safeParse(text);

/** A post with the text in a field. */
const posting = (shape: Shape, bodyOf: (text: string) => unknown, event?: string): Reader =>
  refusing((text) =>
    shape.read({ body: bodyOf(text), files: [], query: () => undefined, header: () => event }),
  );

const alerts = (text: string) => ({
  title: text,
  alerts: [{ labels: { alertname: text, place: text }, annotations: { description: text, summary: text } }],
});
const richText = (element: object) => ({
  blocks: [{ type: "rich_text", elements: [{ type: "rich_text_quote", elements: [element] }] }],
});
const GITHUB = { action: "opened", sender: { login: "ann" }, repository: { full_name: "a/b" } };

const part = (parameters: string) => ({ "content-disposition": [`form-data; ${parameters}`] });

const RULES = compileRules(
  ModerationRules.parse([
    { id: "w", match: { words: ["badword", "坏话", "a b"] }, action: "mask" },
    { id: "d", match: { domains: ["bad.example"] }, action: "flag" },
    { id: "p", match: { pattern: "x[ab]+y" }, action: "mask" },
  ]),
);

const READERS: Record<string, Record<string, Reader>> = {
  "a post in the shape of": {
    "Slack, as its text": posting(slack, (text) => ({ text, username: text, icon_url: text })),
    "Slack, as a block": posting(slack, (text) => ({
      blocks: [{ type: "section", text: { type: "mrkdwn", text }, fields: [{ type: "plain_text", text }] }],
    })),
    "Slack, as styled text": posting(slack, (text) =>
      richText({ type: "text", text, style: { bold: true } }),
    ),
    "Slack, as a link": posting(slack, (text) =>
      richText({ type: "link", text, url: `https://a.example/${text}` }),
    ),
    "Slack, as an attachment": posting(slack, (text) => ({
      attachments: [
        { title: text, text, fallback: text, footer: text, fields: [{ title: text, value: text }] },
      ],
    })),
    "Slack, as blocks": posting(slack, (text) => ({
      blocks: [...text.slice(0, text.length / 100)].map((sign) => ({
        type: "rich_text",
        elements: [{ type: "rich_text_section", elements: [{ type: "text", text: sign }] }],
      })),
    })),
    "Discord, as its content": posting(discord, (text) => ({ content: text, username: text })),
    "Discord, as an embed": posting(discord, (text) => ({
      embeds: [{ title: text, description: text, fields: [{ name: text, value: text }] }],
    })),
    "GitHub, as an issue": posting(
      github,
      (text) => ({ ...GITHUB, issue: { title: text, body: text, number: 1, html_url: "https://a.example" } }),
      "issues",
    ),
    "GitHub, as a push": posting(
      github,
      (text) => ({ ...GITHUB, ref: text, commits: [{ id: text, message: text, url: text }] }),
      "push",
    ),
    "GitLab, as an issue": posting(gitlab, (text) => ({
      object_kind: "issue",
      object_attributes: { action: "open", title: text, description: text, url: text },
    })),
    Gitea: posting(gitea, (text) => ({ ...GITHUB, issue: { title: text, body: text } }), "issues"),
    Sentry: posting(sentry, (text) => ({ action: text, data: { issue: { title: text, culprit: text } } })),
    "Uptime Kuma": posting(kuma, (text) => ({
      msg: text,
      heartbeat: { status: 0, msg: text },
      monitor: { name: text },
    })),
    Grafana: posting(grafana, alerts),
    Alertmanager: posting(alertmanager, alerts),
    Parley: posting(ours, (text) => ({ text, name: text, avatar: text })),
  },
  markup: {
    "as our own": plain,
    "of a message": messageText,
    "in one line": oneLine,
    "of Slack": (text) => fromMrkdwn(text),
    "of Discord": (text) => fromDiscord(text),
    "of GitHub": (text) => fromGitHub(text),
    "that is cut": (text) => cutMarkdown(text, 8_000),
    "of Telegram, HTML": refusing((text) => toOurs(fromHtml(text))),
    "of Telegram, MarkdownV2": refusing((text) => toOurs(fromMarkdownV2(text))),
    "of Telegram, Markdown": refusing((text) => toOurs(fromMarkdown(text))),
    "as entities of Telegram": (text) => toShown(text),
    "of KOOK": (text) => unescaped(escaped(text)),
    "of KOOK's cards": refusing((text) => textOfCards(readCards(JSON.stringify([{ modules: [{ text }] }])))),
  },
  "a message": {
    "as a link to preview": (text) => linkIn(JSON.stringify({ text })),
    "as a quote shows it": refusing((text) => previewText("text", bodyJson({ body: { text } }), false)),
    "as pieces of the index": (text) => piecesOf(comparisonForm(text)).map((piece) => tokensOf(piece)),
    "as files": fileKeysIn,
    "against rules": (text) => RULES.check(text, null),
    "of appkey, a place": refusing((text) => readContent(-5, text)),
    "of appkey, a file": refusing((text) => readContent(-4, text)),
  },
  "a search": { "as tokens": queryTokens },
  "a text": { "as it is stored": storedForm, "as it is compared": comparisonForm },
  "a name": {
    "of a user": parsing(Username),
    "of a new user": parsing(NewUsername),
    "of oneself": parsing(OwnUsername),
    "of a group": parsing(GroupName),
    "in a group": parsing(NameCard),
    "that looks like another": lookAlikeKeys,
    "for everybody": namesEverybody,
    "with what is hidden": hiddenFlaw,
    "without what is hidden": withoutHidden,
    "of a file": parsing(FileName),
    "of a reaction": parsing(ReactionKey),
    "of commands": (text) => Commands.safeParse([{ command: text, description: text }]),
    "of a backend": parsing(ExternalId),
  },
  "an id of tim": {
    "of a user": parsing(userID),
    "of a conversation": parsing(conversationID),
    "of a message": refusing((text) => messageID.safeParse(text)),
    "of what was sent": refusing((text) => sentID.safeParse(text)),
    "of a place": parsing(sentPlace),
    "of a notification": parsing(notificationID),
  },
  "an address": {
    "of a picture": parsing(httpUrl(2_000, "must be a URL")),
    "of a hook": (text) => addressFlaw(`https://a.example/${text}`, false),
    "of a file": fileOfUrl,
  },
  "a request": {
    "by its fields": refusing((text) =>
      queryFields(new Request(`https://a.example/?${encodeURI(text.toWellFormed())}`)),
    ),
    "by its JSON": refusing((text) => requireSound(parseJson(text, "body"), "body")),
    "by JSON in a field": refusing((text) => jsonFields(text)),
    "by a header with parameters": readParameters,
    "by parameters": (text) => readParameters(`a/b; c="${text}`),
    "by the name of a part": (text) => readPart(part(`name="${text}`)),
    "by the file name of a part": (text) => readPart(part(`name="f"; y="; filename=${text}`)),
    "by a coded file name": (text) => readPart(part(`name="f"; filename*=utf-8''${text}`)),
    "by a type": parsing(ContentType),
    "by base64": refusing((text) => {
      const reader = new Base64("body.file");
      reader.decode(Buffer.from(text));
      reader.end();
    }),
  },
};

describe.each(Object.entries(READERS))("%s", (_, readers) => {
  test.each(Object.entries(readers))("%s takes linear time", async (_, read) => {
    await expectLinear(read, 1);
  });
});
