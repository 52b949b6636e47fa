import { assertSame } from "../support/assert-same.ts";
import { type E2eContext, restartServer } from "./context.ts";

/** A server that was stopped and started has the same conversations and messages. */
export async function restart(context: E2eContext): Promise<string> {
  await context.ann.openGroup("还在吗 Still here", [context.bob]);
  const before = await everything(context);
  await context.server.stop();
  await restartServer(context);
  assertSame("what is there after a restart", await everything(context), before);
  const { startMs } = context.server;
  return `stopped and started in ${startMs} ms: the same ${before[0]?.conversations.length} conversations and messages for both`;
}

function everything({ ann, bob }: E2eContext) {
  return Promise.all(
    [ann, bob].map(async (person) => {
      const conversations = await person.conversations();
      const histories = await Promise.all(conversations.map(({ id }) => person.history(id)));
      return { conversations, histories };
    }),
  );
}
