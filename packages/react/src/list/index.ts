/** The list of conversations. */
export { ConversationList, type ListRow } from "./conversation-list.tsx";
