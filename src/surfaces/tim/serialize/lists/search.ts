import type { UserId } from "../../../../domain/ids.ts";
import { directID, groupConversationID } from "../../ids.ts";
import type { MessageSearchPage } from "../../use-cases/search.ts";
import { toWireConversation } from "../conversations.ts";
import { serializeMessage } from "../messages.ts";

/** A page of found messages by conversation. Its count is that of the page: nobody counts what follows. */
export function serializeFound({ found, profiles, cursors }: MessageSearchPage, caller: UserId) {
  const searchResultList = found.map(({ conversation, items }) => {
    const wireConversation = toWireConversation(conversation);
    const context = { wireConversation, profiles, caller: profiles(caller) };
    return {
      conversationID:
        wireConversation.kind === "group"
          ? groupConversationID(wireConversation.groupID)
          : directID(wireConversation.peer.username),
      messageCount: items.length,
      messageList: items.map((message) => serializeMessage(message, context)),
    };
  });
  return {
    totalCount: searchResultList.reduce((sum, { messageCount }) => sum + messageCount, 0),
    ...{ searchResultList, cursor: cursors === null ? "" : JSON.stringify(cursors) },
  };
}
