import { useChat } from "parley-client/react";
import { spaceIdOf } from "parley-client/spaces";
import { useEffect, useRef } from "preact/hooks";
import { search } from "../search/search.ts";
import { useAccount } from "../state/context.ts";
import { route } from "../state/router.ts";
import { useLoaded } from "../state/use-loaded.ts";
import { useReload } from "../state/use-reload.ts";
import { Boundary } from "../ui/missing/boundary.tsx";
import { SpacePanel } from "./space-panel.tsx";
import { SpaceTabs } from "./space-tabs.tsx";
import {
  channelsOf,
  chosen,
  forgetSpaces,
  knownChannels,
  loadChannels,
  loadSpaces,
  spaces,
} from "./state.ts";

/**
 * The choice between the list of conversations and the spaces of the user, and the space that stands in the
 * place of the list. Nothing for who is in none.
 */
export function Spaces() {
  const { chat } = useAccount();
  const now = route.value;
  /** the id of the conversation on screen; 0: none */
  const selected = now.view === "conversation" ? now.id : 0;
  const entry = useChat(chat, (state) => state.conversation(selected));
  const { reload } = useLoaded("spaces", () => loadSpaces(chat));
  const wasReady = useRef(chat.state.connection === "live");
  useReload(
    () => {
      // The first connection comes beside the first load.
      if (wasReady.current) reload();
      wasReady.current = true;
    },
    ({ type }) => type === "space",
  );
  useEffect(() => forgetSpaces, []);
  // The list shows where the conversation on screen is.
  const isKnown = entry !== undefined;
  useEffect(() => {
    const channel = knownChannels().find(({ id }) => id === selected);
    if (isKnown || channel) chosen.value = spaceIdOf(entry) || (channel?.space_id ?? 0);
  }, [selected, isKnown]);
  const space = spaces.value.find(({ id }) => id === chosen.value);
  useEffect(() => {
    if (space && !channelsOf(space.id)) void loadChannels(chat, space.id).catch(() => {});
  }, [space?.id]);
  if (search.value !== null || spaces.value.length === 0) return null;
  return (
    <Boundary of={space}>
      <SpaceTabs />
      {space && <SpacePanel key={space.id} space={space} selected={selected} />}
    </Boundary>
  );
}
