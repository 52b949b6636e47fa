import type { Talk } from "../talk.ts";

/** Three people who share a kitchen. */
export const KITCHEN: Talk = {
  group: { name: "厨房 Kitchen", announcement: "" },
  people: ["zhou", "ann", "lin"],
  lines: [
    { at: "5d 17:36", from: "zhou", text: "今天买了：\n- 番茄\n- 豆腐\n- 小葱" },
    {
      at: "5d 17:41",
      from: "lin",
      text: "那就做番茄豆腐汤吧。",
      reactions: { zhou: "🎉", ann: "👍" },
    },
    { at: "5d 18:02", from: "ann", text: "I am on my way, with bread." },
    { at: "5d 18:55", from: "zhou", text: "汤好了 🍲", picture: { of: "bowl", hue: 18 } },
    { at: "4d 9:12", from: "ann", text: "There is soup left: second shelf, blue bowl." },
    { at: "4d 12:40", from: "lin", text: "已经没有了 🙈", reactions: { ann: "😂", zhou: "😂" } },
    { at: "1d 17:15", from: "zhou", text: "今晚谁做饭？" },
    { at: "1d 17:22", from: "ann", text: "Me. Pancakes, sweet *and* salty." },
    { at: "1d 17:24", from: "lin", text: "太好了！我买水果。" },
    { at: "1d 20:48", from: "zhou", text: "碗我来洗，你们休息。", reactions: { ann: "❤️", lin: "🙏" } },
  ],
};

/** Colleagues, who talk from Monday to Friday. */
export const ISSUE: Talk = {
  group: {
    name: "Spring issue 春季刊",
    announcement: "Texts by Thursday noon. 周四中午前交稿。",
  },
  people: ["ann", "sara", "ben", "lin"],
  unread: { ann: 1 },
  lines: [
    {
      at: "6wd 9:32",
      from: "ann",
      text: "Good morning! What we need:\n- an interview\n- a cover\n- the layout",
    },
    { at: "6wd 9:40", from: "sara", text: "I take the interview.", reactions: { ann: "👍" } },
    { at: "6wd 10:15", from: "lin", text: "封面我来，三天内给初稿。" },
    {
      at: "5wd 11:20",
      from: "ben",
      text: "The first layout: https://example.org/spring",
      answers: [
        { from: "sara", text: "I find page 4 too dark." },
        { from: "lin", text: "好，我调亮一点。" },
      ],
    },
    {
      at: "3wd 16:58",
      from: "lin",
      text: "封面第二稿",
      picture: { of: "hills", hue: 190 },
      reactions: { sara: "❤️", ann: "🎉", ben: "👍" },
    },
    {
      at: "2wd 9:05",
      from: "ann",
      poll: {
        question: "Which title? 用哪个标题？",
        options: ["Slow roads 慢路", "Out of doors 户外"],
        votes: { ann: 0, lin: 0, sara: 1, ben: 0 },
      },
    },
    { at: "2wd 17:30", from: "ben", text: "48 pages, 31 pictures, `0` errors left." },
    { at: "1wd 10:12", from: "sara", text: "The interview is done: 1,400 words. Who reads it?" },
    { at: "1wd 10:20", from: "lin", text: "我来看，下午给你意见。" },
    {
      at: "1wd 16:41",
      from: "lin",
      text: "看完了，写得很好，只改了两处。",
      reactions: { sara: "🎉", ben: "👍" },
    },
    { at: "1wd 16:44", from: "sara", text: "Thank you! Then it goes to print." },
  ],
};
