/** The people of the sample world: their usernames and what they are called. */
export const PEOPLE = {
  ann: { nickname: "Ann Becker", signature: "On the trail or at the stove" },
  lin: { nickname: "林美", signature: "慢慢走,比较快" },
  ben: { nickname: "Ben Ortiz", signature: "Maps, mostly" },
  zhou: { nickname: "周小川", signature: "今天也要好好吃饭" },
  sara: { nickname: "Sara Okafor", signature: "Back on Monday" },
} as const;
export type Name = keyof typeof PEOPLE;

/** What somebody says, and what others make of it. */
export interface Line {
  from: Name;
  text?: string;
  /** the hue of a picture that the script draws, in degrees; `text` is its caption */
  picture?: number;
  poll?: { question: string; options: string[]; votes: Partial<Record<Name, number>> };
  reactions?: Partial<Record<Name, string>>;
  /** answers in a thread */
  answers?: { from: Name; text: string }[];
  isPinned?: true;
}

/** A conversation of the sample world. Who begins it is the first. */
export interface Talk {
  /** absent: of two people */
  group?: { name: string; announcement: string };
  people: [Name, Name, ...Name[]];
  lines: Line[];
}

/** The last lines of a talk have nobody but their senders read. */
export const TALKS: Talk[] = [
  {
    group: {
      name: "Weekend hike 周末徒步",
      announcement: "Saturday 8:00 at the north gate. 周六八点,北门见。",
    },
    people: ["ann", "lin", "ben", "zhou", "sara"],
    lines: [
      {
        from: "ann",
        text: "Who is in for Saturday? The weather looks **great**.",
        reactions: { lin: "👍", ben: "👍" },
      },
      { from: "lin", text: "我来!需要带什么吗?" },
      { from: "ben", text: "Water, a hat, and a *good* mood. I bring the map." },
      { from: "zhou", text: "我负责零食 🍪", reactions: { ann: "❤️", lin: "❤️", sara: "😂" } },
      {
        from: "ben",
        poll: {
          question: "Which way up? 走哪条路?",
          options: ["Ridge 山脊", "Lake 湖边", "Old road 老路"],
          votes: { ann: 0, lin: 1, zhou: 1, ben: 0, sara: 1 },
        },
      },
      { from: "lin", text: "上次湖边的日出", picture: 20, reactions: { ann: "😮", ben: "❤️" } },
      {
        from: "ann",
        text: "How do we get there?",
        answers: [
          { from: "ben", text: "I can take three in the car." },
          { from: "zhou", text: "地铁 4 号线也到北门。" },
          { from: "sara", text: "Then I take the metro with you 🚇" },
        ],
      },
      {
        from: "ann",
        text: "Meeting point: north gate, 8:00 – https://example.org/north-gate",
        isPinned: true,
      },
      { from: "sara", text: "Last time from the ridge", picture: 200, reactions: { zhou: "👍" } },
      { from: "zhou", text: "好期待!" },
    ],
  },
  {
    people: ["lin", "ann"],
    lines: [
      { from: "lin", text: "周五晚上有空吗?想试试那家新的面馆。" },
      { from: "ann", text: "Yes! At seven?" },
      { from: "lin", text: "七点正好。我订位子。", reactions: { ann: "👍" } },
      { from: "ann", text: "Their noodles, last week 🍜", picture: 35 },
      { from: "lin", text: "哇,看起来太好吃了" },
    ],
  },
  {
    people: ["ben", "ann"],
    lines: [
      { from: "ben", text: "Is this the right command?\n```\nnpm run demo -- --open\n```" },
      { from: "ann", text: "It is. Then look at `docs/`." },
      { from: "ben", text: "> It is.\nThank you!" },
    ],
  },
  {
    group: { name: "厨房 Kitchen", announcement: "" },
    people: ["zhou", "ann", "lin"],
    lines: [
      { from: "zhou", text: "今天买了:\n- 番茄\n- 豆腐\n- 小葱" },
      { from: "lin", text: "那就做番茄豆腐汤吧。", reactions: { zhou: "🎉", ann: "👍" } },
      { from: "ann", text: "I am on my way, with bread." },
      { from: "zhou", text: "汤好了 🍲", picture: 350 },
    ],
  },
  {
    people: ["sara", "ann"],
    lines: [
      { from: "sara", text: "I am away until Monday. Can you water the plants?" },
      { from: "ann", text: "Of course 🌱" },
      { from: "sara", text: "You are the best!" },
    ],
  },
];
