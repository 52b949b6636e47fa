import { z } from "zod";
import { LIMITS } from "../../../domain/limits.ts";
import { Kind, SEARCHABLE_KINDS } from "../../../domain/messages/content.ts";
import { textUpTo } from "../../../domain/text.ts";
import { integer, pageSize } from "../../../http/fields.ts";
import { conversationID, groupID, userID } from "../ids.ts";
import type { MessageSearch } from "../use-cases/search.ts";
import { orConstant } from "./constants.ts";
import { element } from "./drafts.ts";
import { groupType } from "./groups.ts";

/** The most words, senders and kinds of a search, as the SDK has it, and of all of them together. */
const MAX = 5;

const few = <S extends z.ZodType>(schema: S, most = MAX) =>
  z.array(schema).min(1, "must not be empty").max(most, `must be ${most} at most`);

const word = textUpTo(LIMITS.query).pipe(z.string().min(1, "must not be empty"));
const Words = { keywordList: few(word), keywordListMatchType: z.enum(["or", "and"]).default("or") };

const seconds = integer.pipe(z.int().nonnegative());
const count = (most: number) => pageSize(most).default(20);

/** Where each of the searches goes on, as the page before has it. */
const Cursors = z.array(z.string().nullable()).max(MAX);

const cursor = z
  .string()
  .optional()
  .transform((text, context) => {
    if (!text) return undefined;
    try {
      return Cursors.parse(JSON.parse(text));
    } catch {
      context.addIssue("must come from a page before, of the same search");
      return z.NEVER;
    }
  });

/** `searchCloudMessages` */
export const MessageQuery = z
  .object({
    ...Words,
    senderUserIDList: few(userID).optional(),
    messageTypeList: few(element, Kind.options.length).optional(),
    conversationID: conversationID.optional(),
    /** the time at which the search begins, going back; 0: now */
    timePosition: seconds.default(0),
    /** how far it goes back; 0: to the first message */
    timePeriod: seconds.default(0),
    count: count(LIMITS.page),
    cursor,
  })
  .transform((query, context): MessageSearch => {
    const { keywordList, keywordListMatchType, senderUserIDList, messageTypeList = [] } = query;
    const { timePosition, timePeriod, conversationID: conversation, count: limit, cursor: cursors } = query;
    const texts =
      keywordListMatchType === "and" && keywordList.length > 1
        ? [{ text: keywordList.join(" "), matchesWords: true }]
        : keywordList.map((text) => ({ text }));
    const end = timePosition > 0 ? timePosition : Math.floor(Date.now() / 1_000);
    const times = {
      ...(timePosition > 0 && { until: end * 1_000 + 999 }),
      ...(timePeriod > 0 && { since: Math.max(0, end - timePeriod) * 1_000 }),
    };
    // chat-uikit-vue 2.5.6 names all types where it means any.
    const isAny = SEARCHABLE_KINDS.every((kind) => messageTypeList.some((one) => one === kind));
    const kinds = isAny || messageTypeList.length === 0 ? [undefined] : messageTypeList;
    const criteria = texts.flatMap((text) =>
      (senderUserIDList ?? [undefined]).flatMap((sender) =>
        kinds.map((kind) => ({
          ...{ ...text, ...times },
          ...(sender !== undefined && { sender }),
          ...(kind !== undefined && { kind }),
        })),
      ),
    );
    if (criteria.length <= MAX && criteria.every(({ text }) => text.length <= LIMITS.query))
      return { conversation, criteria, limit, cursors };
    const message = `times the senders and the types must be ${MAX} at most, and ${LIMITS.query} characters`;
    context.addIssue({ code: "custom", path: ["keywordList"], message });
    return z.NEVER;
  });

/** `searchCloudUsers`: by words, and by gender and birthday where the SDK has it. */
export const PeopleQuery = z.object({
  ...Words,
  gender: orConstant(z.string()).optional(),
  userGenderType: orConstant(z.string()).optional(),
  miniBirthday: integer.optional(),
  maxBirthday: integer.optional(),
  count: count(LIMITS.page),
});

/** `searchCloudGroups` */
export const GroupQuery = z.object({
  ...Words,
  groupTypeList: z.array(groupType).max(MAX, `must be ${MAX} at most`).optional(),
  count: count(LIMITS.page),
});

/** The ids of groups among words. */
export const groupIDsIn = (words: string[]) => words.flatMap((text) => groupID.safeParse(text).data ?? []);
