import type { Talk } from "../talk.ts";

/** Conversations of two people. */
export const PAIRS: Talk[] = [
  {
    people: ["lin", "ann"],
    unread: { ann: 2 },
    lines: [
      { at: "9d 12:31", from: "lin", text: "你上次说的那本书叫什么？" },
      { at: "9d 12:44", from: "ann", text: "*The Overstory*. It is about trees, and about patience." },
      { at: "9d 12:45", from: "lin", text: "记下了，谢谢！" },
      { at: "6d 22:14", from: "lin", text: "看了六十页，停不下来 📖", reactions: { ann: "🎉" } },
      { at: "6d 22:20", from: "ann", text: "I told you! Wait for the chestnut." },
      { at: "3d 18:40", from: "lin", text: "明天晚上有空吗？想试试那家新的面馆。" },
      { at: "3d 18:47", from: "ann", text: "Yes! At seven?" },
      { at: "3d 18:48", from: "lin", text: "七点正好，我订位子。", reactions: { ann: "👍" } },
      { at: "2d 18:58", from: "lin", text: "我在门口了，靠窗的位子。" },
      {
        at: "2d 21:26",
        from: "ann",
        text: "Their noodles 🍜",
        picture: { of: "bowl", hue: 35 },
        reactions: { lin: "😋" },
      },
      { at: "2d 21:33", from: "lin", text: "哇，拍得真好，比我的好看多了。" },
      { at: "2d 23:52", from: "lin", text: "到家了。下次换我请你吃火锅！" },
      { at: "1d 8:15", from: "ann", text: "Deal. Not before I can feel hungry again." },
      { at: "35min", from: "lin", text: "有空的时候打个电话？" },
      { at: "33min", from: "lin", text: "说说旅行的事 ✈️" },
    ],
  },
  {
    people: ["ben", "ann"],
    lines: [
      {
        at: "8d 14:05",
        from: "ben",
        text: "Is this the right command?\n```\nnpm run demo -- --open\n```",
      },
      { at: "8d 14:09", from: "ann", text: "It is. Then look at `docs/`." },
      { at: "8d 14:12", from: "ben", text: "> It is.\nThank you!" },
      { at: "4d 20:31", from: "ben", text: "Do you still have my tent?" },
      { at: "4d 20:50", from: "ann", text: "In the cellar, dry and rolled up. I bring it next time." },
      { at: "4d 20:52", from: "ben", text: "No hurry.", reactions: { ann: "👍" } },
      { at: "3d 23:47", from: "ben", text: "Look out of the window!", picture: { of: "night", hue: 240 } },
      { at: "2d 0:06", from: "ann", text: "Beautiful. Go to bed, Ben 🌙", reactions: { ben: "😂" } },
    ],
  },
  {
    people: ["sara", "ann"],
    lines: [
      { at: "7d 19:20", from: "sara", text: "I am away for a few days. Can you water the plants?" },
      { at: "7d 19:26", from: "ann", text: "Of course 🌱" },
      { at: "7d 19:27", from: "sara", text: "You are the best!" },
      { at: "5d 16:10", from: "ann", text: "They are doing fine, all seven." },
      { at: "5d 22:37", from: "sara", text: "Even the fern! How?" },
      { at: "5d 22:40", from: "ann", text: "I talk to it. In Chinese: 加油！", reactions: { sara: "😂" } },
      { at: "3d 10:02", from: "sara", text: "Home again. Tea at mine?" },
      { at: "3d 10:30", from: "ann", text: "With pleasure.", reactions: { sara: "🫖" } },
    ],
  },
  {
    people: ["zhou", "ann"],
    lines: [
      { at: "11d 13:20", from: "zhou", text: "上次说的菜谱：\n1. 切番茄\n2. 炒软\n3. 加水，煮十分钟" },
      { at: "11d 13:31", from: "ann", text: "Thank you! I will try." },
      { at: "10d 20:15", from: "ann", text: "I made it. We could eat it!" },
      { at: "10d 20:18", from: "zhou", text: "哈哈，第一次都这样，下次我教你。", reactions: { ann: "🙏" } },
    ],
  },
  {
    people: ["zhou", "lin"],
    unread: { lin: 1 },
    lines: [
      { at: "6d 23:18", from: "zhou", text: "睡了吗？" },
      { at: "6d 23:19", from: "lin", text: "还没，在看书。" },
      { at: "6d 23:25", from: "zhou", text: "帮我想个礼物吧，Ann 快过生日了。" },
      { at: "4d 21:02", from: "lin", text: "登山杖怎么样？" },
      { at: "4d 21:04", from: "zhou", text: "好主意！", reactions: { lin: "😄" } },
      { at: "1d 21:37", from: "zhou", text: "买好了，别告诉她 🤫" },
    ],
  },
];
