import { spawn } from "node:child_process";
import { collectOutput, exitCode } from "../support/wrangler.ts";

/** The messages of the conversation, by API. */
const SAID = { v1: "吃了吗？", appkey: "还没有。", usersig: "走吧！", tim: "去哪儿？" };
/** In the order in which `/chat/chat-log-info/` and others list them. */
const ALL = Object.values(SAID);

/**
 * One step: shell commands in which only curl talks to the server, and the texts that the answer must
 * contain.
 */
interface Step {
  title: string;
  command: string;
  shows: string[];
}

/**
 * Shell functions that the steps share. A socket by curl is a handshake and one short frame, as bytes on a
 * TCP connection.
 */
const WORDS = String.raw`
token() { sed -E 's/.*"token":"([^"]+)".*/\1/'; }
json() { curl -sS -H 'Content-Type: application/json' "$@"; echo; }
socket() {
  { printf 'GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' "$1" "$HOST"
    printf 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'
    sleep 1
    printf '\201'; printf "\\$(printf %03o $((128 + $(printf %s "$2" | wc -c))))"
    printf '\0\0\0\0%s' "$2"
    sleep 2
  } | curl -sS -m 5 "telnet://$HOST" 2> /dev/null | tr -d '\000' | grep -aoE '\{"type".*\}'
}
`;

const STEPS: Step[] = [
  {
    title: "Ann and Lin register over v1, and become friends",
    command: `
ANN=$(curl -sS $ORIGIN/v1/register -d '{"username":"ann","password":"correct horse"}' | token)
LIN=$(curl -sS $ORIGIN/v1/register -d '{"username":"lin","password":"correct horse"}' | token)
json -X PUT $ORIGIN/v1/friends/100001 -H "Authorization: Bearer $ANN"
json -X PUT $ORIGIN/v1/friends/100000 -H "Authorization: Bearer $LIN"`,
    shows: ['"state":"friends"'],
  },
  {
    title: "formpost: Ann opens the conversation, with a form",
    command:
      'curl -sS $ORIGIN/user/get_or_create_private_conversation/ -d "token=$ANN" -d friend=100001; echo',
    shows: ['"conversation_id":1'],
  },
  {
    title: "v1: Ann writes",
    command: `json $ORIGIN/v1/conversations/1/messages -H "Authorization: Bearer $ANN" -d '{"kind":"text","body":{"text":"${SAID.v1}"}}'`,
    shows: ['"seq":1', SAID.v1],
  },
  {
    title: "kook: Lin has something to read",
    command: 'json "$ORIGIN/api/v3/user-chat/list?page=1" -H "Authorization: Bot $LIN"',
    shows: ['"unread_count":1', '"username":"ann"'],
  },
  {
    title: "appkey: Lin answers",
    command: `json $ORIGIN/message -H "X-APP-Key: dev-app-key" -H "X-APP-Session: $LIN" -d '{"conversationid":-100000001,"type":-1,"content":"${SAID.appkey}","time":"1612696873000"}'`,
    shows: ['"messagekey":"1-2"'],
  },
  {
    title: "usersig: Ann writes over its socket",
    command: `socket "/ws/chat/ann/$ANN/" '{"to_session":"1","content":"${SAID.usersig}"}'`,
    shows: ["SDK_READY", "MESSAGE_SEND_SUCCESS", SAID.usersig],
  },
  {
    title: "tim: Lin makes a message, and sends it",
    command: `
MADE=$(json $ORIGIN/message/createMessage -H "token: $LIN" -d '{"to":"ann","conversationType":"C2C","priority":"Normal","payload":{"text":"${SAID.tim}"}}')
ID=$(echo "$MADE" | grep -oE 'draft-[0-9a-f-]+' | head -n 1)
json $ORIGIN/message/sendMessage -H "token: $LIN" -d "{\\"ID\\":\\"$ID\\"}"`,
    shows: ['"ID":"1-4"', '"status":"success"', SAID.tim],
  },
  {
    title: "v1 lists all of it",
    command: 'json "$ORIGIN/v1/conversations/1/messages" -H "Authorization: Bearer $LIN"',
    shows: ALL,
  },
  {
    title: "appkey too, the newest first",
    command:
      'json "$ORIGIN/message?conversationid=-100000001" -H "X-HA-Key: dev-app-key" -H "X-HA-Session: $LIN"',
    shows: ALL,
  },
  {
    title: "formpost too, of JSON that says it is text",
    command: String.raw`curl -sS $ORIGIN/user/query_all_records/ -H 'Content-Type: text/plain' -d "{\"token\":\"$LIN\",\"conversation\":\"1\"}"; echo`,
    shows: ALL,
  },
  {
    title: "usersig too",
    command: 'json "$ORIGIN/chat/chat-log-info/?session_id=1" -H "Authorization: $LIN"',
    shows: ALL,
  },
  {
    title: "tim too",
    command: `json $ORIGIN/message/getMessageList -H "token: $LIN" -d '{"conversationID":"C2Cann"}'`,
    shows: ALL,
  },
  {
    title: "kook, which has no messages, knows that Lin has read them",
    command: 'json "$ORIGIN/api/v3/user-chat/list" -H "Authorization: Bot $LIN"',
    shows: ['"unread_count":0'],
  },
];

/**
 * One conversation over every API, each used with curl only.
 * @throws unless each shows the messages of the others
 */
export async function surfaces(origin: string): Promise<void> {
  const mark = "--- the next step ---";
  const script = ["set -u", WORDS, ...STEPS.map(({ command }) => `${command}\necho '${mark}'`)].join("\n");
  const shell = spawn("sh", ["-c", script], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ORIGIN: origin, HOST: new URL(origin).host },
  });
  const output = collectOutput(shell);
  await exitCode(shell);
  const answers = output().split(mark);
  STEPS.forEach(({ title, command, shows }, at) => {
    const answer = answers[at]?.trim() ?? "";
    console.log(`\n${title}\n\n${command.trim().replaceAll(/^/gm, "  $ ")}\n\n${answer}`);
    const missing = shows.filter((part) => !answer.includes(part));
    if (missing.length > 0) throw new Error(`"${title}" does not show ${missing.join(", ")}`);
  });
  console.log("\nEvery API has shown the messages of the others.");
}
