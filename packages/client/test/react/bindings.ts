import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { Chat, ConversationWindow, Message } from "../../src/index.ts";
import { useChat, useConversationWindow } from "../../src/react/index.ts";
import { startChat, text, until } from "../support/chats.ts";
import { element, stubPage } from "../support/page.ts";
import { Server } from "../support/server.ts";

/** A tree of a framework. Components are functions that return text. */
export interface Tree {
  /** Renders components side by side in the framework's strict mode, each with the same props. */
  render<Props extends object>(components: ((props: Props) => string)[], props: Props): void;
  /** Removes the tree. The framework does nothing for it afterwards. */
  unmount(): void | Promise<void>;
}

/** Two users, the clients of both, and their conversation. */
async function people(server: Server) {
  const [ann, bob, id] = await server.direct("ann", "bob");
  const chat = await startChat(server.origin, ann);
  return { ann, bob, id, chat, bobsChat: await startChat(server.origin, bob) };
}

/** The windows that a client opens from now on, until they are closed. */
function openWindows(chat: Chat): Set<ConversationWindow> {
  const windows = new Set<ConversationWindow>();
  const open = chat.open.bind(chat);
  vi.spyOn(chat, "open").mockImplementation((...args) => {
    const window = open(...args);
    const close = window.close.bind(window);
    window.close = () => {
      windows.delete(window);
      close();
    };
    windows.add(window);
    return window;
  });
  return windows;
}

function shown(messages: readonly Message[]): string {
  return messages.flatMap(({ body }) => ("text" in body ? [body.text] : [])).join(" ");
}

/** The tests of the bindings with one framework. */
export function testBindings(grow: (root: HTMLElement) => Tree): void {
  const server = Server.shared();
  beforeAll(() => stubPage());

  function plant(): { root: HTMLElement; tree: Tree } {
    const root = element();
    const tree = grow(root);
    onTestFinished(() => tree.unmount());
    return { root, tree };
  }

  test("shows what a selector gathers, and renders again only if that has changed", async () => {
    const { chat, bob, id } = await people(server);
    const { root, tree } = plant();
    let renders = 0;
    tree.render(
      [
        () => {
          renders++;
          return useChat(chat, ({ conversations }) => conversations.filter((one) => one.unread_count > 0))
            .map(({ name, unread_count: unread }) => `${name} ${unread}`)
            .join();
        },
      ],
      {},
    );
    await until(
      chat,
      ({ connection, conversation }) => connection === "live" && conversation.call(chat.state, id),
    );
    const before = renders;
    chat.send(id, text("Lunch?"));
    await until(chat, (state) => state.conversation(id)?.last_seq === 1 && state.outbox(id).length === 0);
    expect(renders).toBe(before);
    await bob.send(id, "At noon");
    await expect.poll(() => root.textContent).toBe(`${bob.user.username} 1`);
  });

  test("shows what is not there yet, once it is there", async () => {
    const { ann, bob, chat } = await people(server);
    await until(chat, ({ connection }) => connection === "live");
    const { root, tree } = plant();
    const { id } = await bob.openGroup("Noodles", []);
    tree.render([() => useChat(chat, (state) => state.conversation(id))?.name ?? "none"], {});
    await expect.poll(() => root.textContent).toBe("none");
    await bob.call("POST", `/v1/conversations/${id}/members`, { user_ids: [ann.user.id] });
    await expect.poll(() => root.textContent).toBe("Noodles");
  });

  test("a window lives as long as its component, in strict mode too", async () => {
    const { chat, bob, bobsChat, id } = await people(server);
    const { root, tree } = plant();
    const windows = openWindows(chat);
    let sent: ConversationWindow | undefined;
    const Window = () => {
      const [view, window] = useConversationWindow(chat, id);
      sent = window;
      return [...view.messages.map(({ seq }) => seq), ...view.pending.map(({ state }) => state)].join();
    };
    tree.render([Window], {});
    await expect.poll(() => sent).toBeDefined();
    expect([...windows]).toEqual([sent]);
    sent?.send(text("Lunch?"));
    await expect.poll(() => root.textContent).toBe("1");
    await until(bobsChat, (state) => state.conversation(id));
    await bob.send(id, "At noon");
    await expect.poll(() => root.textContent).toBe("1,2");
    await tree.unmount();
    await expect.poll(() => windows.size).toBe(0);
  });

  test("shows at once what another window of the conversation has loaded", async () => {
    const { ann, chat, id } = await people(server);
    await ann.send(id, "Lunch?");
    const first = chat.open(id);
    onTestFinished(() => first.close());
    await expect.poll(() => shown(first.view.messages)).toBe("Lunch?");
    const { root, tree } = plant();
    tree.render([() => shown(useConversationWindow(chat, id)[0].messages)], {});
    await expect.poll(() => root.textContent).toBe("Lunch?");
  });

  test("a component that turns to another conversation never shows the messages of the first", async () => {
    const { ann, chat, id } = await people(server);
    const { id: other } = await ann.openGroup("Noodles", []);
    await ann.send(id, "direct");
    await ann.send(other, "group");
    const { root, tree } = plant();
    const windows = openWindows(chat);
    const renders: [id: number | undefined, conversations: number[]][] = [];
    const Window = ({ of }: { of: number | undefined }) => {
      const [view] = useConversationWindow(chat, of);
      renders.push([of, view.messages.map((message) => message.conversation_id)]);
      return shown(view.messages);
    };
    tree.render([Window], { of: id });
    await expect.poll(() => root.textContent).toBe("direct");
    tree.render([Window], { of: other });
    await expect.poll(() => root.textContent).toContain("group");
    expect(windows.size).toBe(1);
    tree.render([Window], { of: undefined });
    await expect.poll(() => windows.size).toBe(0);
    expect(root.textContent).toBe("");
    for (const [of, conversations] of renders)
      expect(conversations.filter((conversation) => conversation !== of)).toEqual([]);
  });

  test("shows a thread, and two components always show the same", async () => {
    const { ann, bob, chat, id } = await people(server);
    const { seq } = await ann.send(id, "Lunch?");
    const { root, tree } = plant();
    const committed: (string | null)[] = [];
    new MutationObserver(() => committed.push(root.textContent)).observe(root, {
      ...{ childList: true, subtree: true, characterData: true },
    });
    const Thread = ({ thread }: { thread: number }) => {
      const [view] = useConversationWindow(chat, id, { thread });
      return `[${view.messages.length}]`;
    };
    tree.render([Thread, Thread], { thread: seq });
    await expect.poll(() => chat.state.connection).toBe("live");
    for (let i = 0; i < 20; i++) {
      const body = { ...text(`${i}`), thread: { root: seq }, client_msg_id: crypto.randomUUID() };
      await bob.call("POST", `/v1/conversations/${id}/messages`, body);
    }
    await expect.poll(() => root.textContent).toBe("[20][20]");
    expect(committed.length).toBeGreaterThan(1);
    expect(committed.filter((one) => !/^(\[\d+\])\1$/.test(one ?? ""))).toEqual([]);
  });
}
