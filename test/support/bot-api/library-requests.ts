/** A part of a form: a field, or a file with what its library says of it. */
type RequestPart = [name: string, value: string] | [name: string, bytes: string, headers: string];

/**
 * A request as a library sends it, written down from its public source: no Python runs in these tests. `CHAT`
 * and `MESSAGE` stand for numbers.
 */
export interface LibraryRequest {
  library: string;
  method: string;
  query?: Record<string, string>;
  urlencoded?: Record<string, string>;
  form?: RequestPart[];
}

const GIF = "GIF89a\x01\x00\x01\x00\x00\x00\x00;";
const OCTETS = "Content-Type: application/octet-stream";

/**
 * Everything is a field of a form, JSON where it is no text; each file has a random name, and is attached.
 */
const AIOGRAM: Omit<LibraryRequest, "library">[] = [
  { method: "getMe" },
  {
    method: "sendMessage",
    urlencoded: {
      ...{ chat_id: "CHAT", text: "<b>Hi</b>", parse_mode: "HTML", disable_notification: "True" },
      link_preview_options: '{"is_disabled": true}',
      reply_parameters: '{"message_id": MESSAGE, "allow_sending_without_reply": true}',
      reply_markup: '{"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}',
    },
  },
  {
    method: "sendPhoto",
    form: [
      ["chat_id", "CHAT"],
      ["photo", "attach://Zk3vQ8mJ-x0"],
      ["caption", "a picture"],
      ["Zk3vQ8mJ-x0", GIF, `filename="a.gif"\r\n${OCTETS}`],
    ],
  },
  {
    method: "sendMediaGroup",
    form: [
      ["chat_id", "CHAT"],
      [
        "media",
        '[{"type": "photo", "media": "attach://q1_a", "caption": "one"}, {"type": "document", "media": "attach://q2-b"}]',
      ],
      ["q1_a", GIF, `filename="a.gif"\r\n${OCTETS}`],
      ["q2-b", "notes", `filename="b.txt"\r\n${OCTETS}`],
    ],
  },
  {
    method: "sendPoll",
    urlencoded: {
      ...{ chat_id: "CHAT", question: "Tea?", is_anonymous: "False" },
      options: '[{"text": "yes"}, {"text": "no"}]',
    },
  },
  {
    method: "setMyCommands",
    urlencoded: {
      commands: '[{"command": "start", "description": "Begins"}]',
      scope: '{"type": "all_private_chats"}',
    },
  },
  {
    method: "getUpdates",
    urlencoded: { timeout: "0", allowed_updates: '["message", "callback_query", "my_chat_member"]' },
  },
];

/** Parameters are in the query, truths as Python writes them; a file has no type. */
const PY_TELEGRAM_BOT_API: Omit<LibraryRequest, "library">[] = [
  {
    method: "sendMessage",
    query: {
      ...{ chat_id: "CHAT", text: "Hi", parse_mode: "Markdown", disable_notification: "False" },
      reply_parameters: '{"message_id": MESSAGE, "allow_sending_without_reply": false}',
    },
  },
  {
    method: "sendDocument",
    query: { chat_id: "CHAT", caption: "notes", disable_content_type_detection: "True" },
    form: [["document", "notes", 'filename="notes.txt"']],
  },
  {
    method: "sendPhoto",
    query: { chat_id: "CHAT" },
    form: [["photo", GIF, 'filename="photo"']],
  },
  {
    method: "sendMediaGroup",
    query: {
      chat_id: "CHAT",
      media:
        '[{"type": "photo", "media": "attach://qwhkzncx", "has_spoiler": false}, {"type": "photo", "media": "attach://plmoknij"}]',
    },
    form: [
      ["qwhkzncx", GIF, 'filename="qwhkzncx"'],
      ["plmoknij", GIF, 'filename="plmoknij"'],
    ],
  },
  { method: "sendSticker", query: { chat_id: "CHAT" }, form: [["sticker", GIF, 'filename="sticker"']] },
  {
    method: "sendChatAction",
    query: { chat_id: "CHAT", action: "upload_document", timeout: "5" },
  },
  {
    method: "getUpdates",
    query: {
      offset: "0",
      limit: "20",
      timeout: "0",
      allowed_updates: '["message"]',
      long_polling_timeout: "0",
    },
  },
];

/** A body of its own kind for each call: urlencoded without a file, a form with one; types by the names. */
const PYTHON_TELEGRAM_BOT: Omit<LibraryRequest, "library">[] = [
  {
    method: "sendMessage",
    urlencoded: {
      ...{ chat_id: "CHAT", text: "Hi", disable_notification: "false", protect_content: "false" },
      reply_parameters: '{"message_id": MESSAGE}',
      entities: '[{"length": 2, "offset": 0, "type": "bold"}]',
    },
  },
  {
    method: "sendDocument",
    form: [
      ["chat_id", "CHAT"],
      ["caption", "notes"],
      ["disable_content_type_detection", "true"],
      ["document", "notes", 'filename="notes.txt"\r\nContent-Type: text/plain'],
    ],
  },
  {
    method: "sendMediaGroup",
    form: [
      ["chat_id", "CHAT"],
      [
        "media",
        '[{"media": "attach://attached5f1c", "type": "photo", "caption": "one"}, {"media": "attach://attached77aa", "type": "photo"}]',
      ],
      ["attached5f1c", GIF, 'filename="a.gif"\r\nContent-Type: image/gif'],
      ["attached77aa", GIF, 'filename="b.gif"\r\nContent-Type: image/gif'],
    ],
  },
  {
    method: "sendAnimation",
    form: [
      ["chat_id", "CHAT"],
      ["animation", GIF, 'filename="a.gif"\r\nContent-Type: image/gif'],
    ],
  },
  {
    method: "sendPoll",
    urlencoded: { chat_id: "CHAT", question: "Tea?", options: '["yes", "no"]', is_anonymous: "true" },
  },
  {
    method: "sendLocation",
    urlencoded: { chat_id: "CHAT", latitude: "52.5", longitude: "13.4" },
  },
  {
    method: "getUpdates",
    urlencoded: { offset: "0", timeout: "0", allowed_updates: "[]" },
  },
];

/** Requests of libraries for Python, in the form in which each of them encodes parameters and files. */
export const LIBRARY_REQUESTS: readonly LibraryRequest[] = [
  ...AIOGRAM.map((request) => ({ library: "aiogram 3", ...request })),
  ...PY_TELEGRAM_BOT_API.map((request) => ({ library: "pyTelegramBotAPI 4", ...request })),
  ...PYTHON_TELEGRAM_BOT.map((request) => ({ library: "python-telegram-bot 22", ...request })),
];
