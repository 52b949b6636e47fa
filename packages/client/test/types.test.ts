import { expectTypeOf, test } from "vitest";
import {
  Chat,
  type ChatState,
  type Connection,
  type Conversation,
  type ConversationEntry,
  type ConversationWindow,
  type FailureCode,
  type Message,
  type OutboxItem,
  type Profile,
  type WindowView,
} from "../src/index.ts";
import type { FoundUser, Member, People } from "../src/people/index.ts";
import { useChat, useConversationWindow } from "../src/react/index.ts";

const chat = new Chat({ url: "http://localhost", token: "" });

// What is in a function that nobody calls is checked by the compiler alone.
test("calls know their paths, inputs and answers", () => {
  const calls = () => ({
    list: chat.api.call("get", "/v1/conversations"),
    open: chat.api.call("post", "/v1/conversations", { body: { kind: "direct", user_id: 7 } }),
    message: chat.api.call("get", "/v1/conversations/{id}/messages/{seq}", { path: { id: 1, seq: 2 } }),
    nothing: chat.api.call("delete", "/v1/conversations/{id}/draft", { path: { id: 1 } }),
    // @ts-expect-error No such path.
    path: chat.api.call("get", "/v1/nowhere"),
    // @ts-expect-error The path has no such method.
    method: chat.api.call("delete", "/v1/register"),
    // @ts-expect-error The path has a place to fill.
    place: chat.api.call("get", "/v1/conversations/{id}"),
    // @ts-expect-error The ids are numbers.
    input: chat.api.call("get", "/v1/conversations/{id}", { path: { id: "1" } }),
    // @ts-expect-error A body of another call.
    body: chat.api.call("put", "/v1/conversations/{id}/read", { path: { id: 1 }, body: { text: "" } }),
  });
  type Answer<Name extends keyof ReturnType<typeof calls>> = Awaited<ReturnType<typeof calls>[Name]>;
  expectTypeOf<Answer<"list">["items"]>().toEqualTypeOf<Conversation[]>();
  expectTypeOf<Answer<"list">["next_cursor"]>().toEqualTypeOf<string | null>();
  expectTypeOf<Answer<"open">>().toEqualTypeOf<Conversation>();
  expectTypeOf<Answer<"message">>().toEqualTypeOf<Message>();
  expectTypeOf<Answer<"nothing">>().toEqualTypeOf<null>();
});

test("a selector decides the type of what is told", () => {
  expectTypeOf(chat.state).toEqualTypeOf<ChatState>();
  expectTypeOf<ChatState["connection"]>().toEqualTypeOf<Connection>();
  expectTypeOf<ChatState["conversations"]>().toEqualTypeOf<readonly ConversationEntry[]>();
  expectTypeOf<ChatState["user"]>().returns.toEqualTypeOf<Profile | undefined>();
  expectTypeOf<ChatState["outbox"]>().returns.toEqualTypeOf<readonly OutboxItem[]>();
  expectTypeOf<OutboxItem["code"]>().toEqualTypeOf<FailureCode | undefined>();
  chat.subscribe(
    ({ conversations }) => conversations.length,
    (now, before) => {
      expectTypeOf(now).toEqualTypeOf<number>();
      expectTypeOf(before).toEqualTypeOf<number>();
    },
  )();
});

test("bindings and entries have the types of the client", () => {
  expectTypeOf(useChat<string[]>).returns.toEqualTypeOf<string[]>();
  expectTypeOf(useConversationWindow).returns.toEqualTypeOf<
    [view: WindowView, window: ConversationWindow | undefined]
  >();
  expectTypeOf<People["user"]>().returns.toEqualTypeOf<FoundUser | undefined>();
  expectTypeOf<Member["role"]>().toEqualTypeOf<"owner" | "admin" | "member">();
});
