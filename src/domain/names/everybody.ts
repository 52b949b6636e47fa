import { lookAlikeKeys } from "./look-alike.ts";

/** What clients show for a mention of everybody, or of those who are here. */
const WORDS = [
  ...["all", "everyone", "everybody", "here", "channel"],
  ...["所有人", "全体成员", "全體成員", "全体", "全體", "全员", "全員", "大家", "みんな", "모두", "전체"],
];

/** Their keys; made at the first use. */
let keys: Set<string> | undefined;

/** Whether a name looks like one of everybody, with whatever signs and spaces around and in it. */
export function namesEverybody(name: string): boolean {
  keys ??= new Set(WORDS.flatMap(lookAlikeKeys));
  const shapes = [name, name.replace(/[\s\p{P}\p{S}]/gu, "")].flatMap(lookAlikeKeys);
  return shapes.some((shape) => keys?.has(shape));
}

/** Why a name is refused that looks like one of everybody. */
export const EVERYBODY_FLAW = "must not look like a name for everybody, such as all or everyone";
