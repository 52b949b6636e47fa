import { same } from "../support/same.ts";
import { revive, type Scene } from "./scene.ts";

/** A server that was stopped and started shows the same conversations and messages. */
export async function restart(scene: Scene): Promise<string> {
  await scene.ann.openGroup("还在吗 Still here", [scene.bob]);
  const before = await everything(scene);
  await scene.server.stop();
  await revive(scene);
  same("what is there after a restart", await everything(scene), before);
  const { startMs } = scene.server;
  return `stopped and started in ${startMs} ms: the same ${before[0]?.conversations.length} conversations and messages for both`;
}

function everything({ ann, bob }: Scene) {
  return Promise.all(
    [ann, bob].map(async (person) => {
      const conversations = await person.conversations();
      const histories = await Promise.all(conversations.map(({ id }) => person.history(id)));
      return { conversations, histories };
    }),
  );
}
