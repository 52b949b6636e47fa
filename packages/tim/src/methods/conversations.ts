import type { Client } from "../client.ts";
import { asConversation } from "../state/conversations.ts";
import type { WireConversation } from "../state/wire.ts";
import type { Answer, Conversation, Fields } from "../types.ts";
import { requireReady } from "./ready.ts";

/** Which conversations of the list are wanted. */
export interface ListOptions {
  conversationIDList?: string[];
  type?: string;
  hasUnreadCount?: boolean;
  hasGroupAtInfo?: boolean;
}

export interface Deletion {
  conversationIDList: string[];
  clearHistoryMessage?: boolean;
}

type Reminding = { messageRemindType: string } & ({ groupID: string } | { userIDList: string[] });

/** The list of conversations. */
export function conversationMethods(client: Client) {
  const { http, conversations } = client;
  return {
    async getConversationList(
      options?: ListOptions | string[],
    ): Promise<Answer<{ conversationList: Conversation[]; isSyncCompleted: boolean }>> {
      requireReady(client);
      const { conversationIDList, type, hasUnreadCount, hasGroupAtInfo } = Array.isArray(options)
        ? { conversationIDList: options }
        : { ...options };
      const conversationList = conversations
        .list()
        .filter(
          (one) =>
            (!conversationIDList || conversationIDList.includes(one.conversationID)) &&
            (!type || one.type === type) &&
            (!hasUnreadCount || one.unreadCount > 0) &&
            (!hasGroupAtInfo || one.groupAtInfoList.length > 0),
        );
      return { code: 0, data: { conversationList, isSyncCompleted: true } };
    },
    async getConversationProfile(conversationID: string): Promise<Answer<{ conversation: Conversation }>> {
      requireReady(client);
      const known = conversations.find(conversationID) ?? client.rooms.find(conversationID);
      if (known) return { code: 0, data: { conversation: known } };
      const path = "/conversation/getConversationProfile";
      const { conversation } = await http.data<{ conversation: WireConversation }>(path, { conversationID });
      return { code: 0, data: { conversation: asConversation(conversation) } };
    },
    async deleteConversation(options: string | Deletion): Promise<Answer<Fields>> {
      requireReady(client);
      const body = typeof options === "string" ? { conversationID: options } : options;
      const IDs = typeof options === "string" ? [options] : options.conversationIDList;
      const data = await http.data<Fields>("/conversation/deleteConversation", body);
      for (const ID of IDs) conversations.remove(ID);
      return { code: 0, data };
    },
    async setMessageRemindType(options: Reminding): Promise<Answer<Fields>> {
      requireReady(client);
      const data = await http.data<Fields>("/group/setMessageRemindType", options);
      const IDs =
        "groupID" in options ? [`GROUP${options.groupID}`] : options.userIDList.map((ID) => `C2C${ID}`);
      for (const ID of IDs) client.lookUp(ID);
      return { code: 0, data };
    },
    getTotalUnreadMessageCount: (): number => conversations.total(),
    /** Drafts are kept on this device, until the page ends. */
    async setConversationDraft(options: {
      conversationID: string;
      draftText: string;
    }): Promise<Answer<{ conversation: Conversation | undefined }>> {
      const conversation = conversations.setDraft(options.conversationID, options.draftText);
      return { code: 0, data: { conversation } };
    },
  };
}
