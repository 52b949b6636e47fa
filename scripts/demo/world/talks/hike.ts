import type { Talk } from "../talk.ts";

/** The way to the waterfall. */
const GPX = `<?xml version="1.0"?>
<gpx version="1.1" creator="Ben" xmlns="http://www.topografix.com/GPX/1/1">
  <trk><name>Waterfall</name><trkseg>
    <trkpt lat="47.60" lon="11.31"/><trkpt lat="47.61" lon="11.33"/><trkpt lat="47.63" lon="11.34"/>
  </trkseg></trk>
</gpx>
`;

/** A group that walks on Saturdays: it plans, walks, and plans again today. */
export const HIKE: Talk = {
  group: {
    name: "Weekend hike 周末徒步",
    announcement: "Every other Saturday, 8:00 at the north gate. 隔周六八点，北门见。",
  },
  people: ["ann", "lin", "ben", "zhou", "sara"],
  hasBot: true,
  unread: { ann: 2, sara: 2 },
  lines: [
    {
      at: "sat-4 18:52",
      from: "ann",
      text: "Who is in for Saturday? The weather looks **great**.",
      reactions: { lin: "👍", ben: "👍" },
    },
    { at: "sat-4 19:05", from: "lin", text: "我来！需要带什么吗？" },
    { at: "sat-4 19:07", from: "ben", text: "Water, a hat, and a *good* mood. I bring the map." },
    {
      at: "sat-4 21:30",
      from: "zhou",
      text: "我负责零食 🍪",
      reactions: { ann: "❤️", lin: "❤️", sara: "😂" },
    },
    {
      at: "sat-3 12:18",
      from: "ben",
      poll: {
        question: "Which way up? 走哪条路？",
        options: ["Ridge 山脊", "Lake 湖边", "Old road 老路"],
        votes: { ann: 0, lin: 1, zhou: 0, ben: 0, sara: 1 },
      },
    },
    {
      at: "sat-3 12:40",
      from: "lin",
      text: "上次湖边的日出",
      picture: { of: "hills", hue: 20 },
      reactions: { ann: "😮", ben: "❤️" },
    },
    {
      at: "sat-2 20:11",
      from: "ann",
      text: "How do we get there?",
      answers: [
        { from: "ben", text: "I can take three in the car." },
        { from: "zhou", text: "地铁 4 号线也到北门。" },
        { from: "sara", text: "Then I take the metro with you 🚇" },
      ],
    },
    {
      at: "sat-1 17:25",
      from: "ann",
      text: "Meeting point: north gate, 8:00 – https://example.org/north-gate",
      isPinned: true,
    },
    { at: "sat-1 21:48", from: "sara", text: "Packing. Does anybody have a spare rain jacket?" },
    {
      at: "sat-1 21:55",
      from: "ben",
      text: "I have two: size M, and size bear 🐻",
      reactions: { sara: "🙏", zhou: "😂" },
    },
    { at: "sat-1 22:31", from: "zhou", text: "好期待！早点睡，明天见。" },
    { at: "sat 7:46", from: "lin", text: "我到北门了，你们呢？" },
    { at: "sat 7:51", from: "ann", text: "Two stops away!" },
    {
      at: "sat 11:32",
      from: "sara",
      text: "The view from the ridge",
      picture: { of: "hills", hue: 200 },
      reactions: { zhou: "👍", lin: "😮" },
    },
    { at: "sat 12:05", from: "ben", text: "Lunch. 11 km done, 6 to go." },
    {
      at: "sat 18:20",
      from: "zhou",
      text: "到家了，腿已经不是我的了 😂",
      reactions: { ann: "😂", sara: "😂" },
    },
    {
      at: "sat 18:34",
      from: "lin",
      text: "今天最好的一张",
      picture: { of: "hills", hue: 150 },
      reactions: { ann: "❤️", ben: "❤️", sara: "❤️" },
    },
    { at: "sat 19:02", from: "ann", text: "17 km! Thank you all, that was **lovely**." },
    { at: "95min", from: "ben", text: "The new map is here. The valley in the east has a waterfall." },
    { at: "92min", from: "zhou", text: "有瀑布？那必须去！", reactions: { ben: "🎉" } },
    {
      at: "86min",
      from: "ben",
      poll: {
        question: "When? 什么时候？",
        options: ["Next time 下次", "In spring 春天"],
        votes: { lin: 0, zhou: 0, ben: 0 },
      },
    },
    {
      at: "80min",
      from: "ben",
      text: "| Way 路线 | km | m ↑ |\n|:--|--:|--:|\n| Ridge 山脊 | 17 | 640 |\n| **Waterfall 瀑布** | 12 | 380 |\n| Old road 老路 | 9 | 150 |",
      reactions: { lin: "👍", sara: "👍" },
    },
    { at: "78min", from: "ben", file: { name: "waterfall.gpx", text: GPX } },
    { at: "71min", from: "lin", voice: { seconds: 6.4, transcript: "瀑布那条路，我上次走过，很美。" } },
    {
      at: "64min",
      from: "sara",
      text: "What we need 要带的\n- [x] Map 地图\n- [x] Snacks 零食\n- [ ] Rain jackets 雨衣\n- [ ] First aid 急救包",
    },
    {
      at: "58min",
      from: "zhou",
      text: "山顶有什么？||一家面馆 🍜||",
      reactions: { ann: "😂", lin: "😋" },
    },
    { at: "47min", from: "sara", picture: { of: "hills", hue: 265 } },
    { at: "47min", from: "sara", picture: { of: "hills", hue: 30 } },
    { at: "47min", from: "sara", picture: { of: "night", hue: 260 } },
    { at: "47min", from: "sara", picture: { of: "hills", hue: 175 }, reactions: { lin: "❤️" } },
    { at: "14min", from: "lin", text: "@Ann Becker 集合时间你来定吧？", mentions: ["ann"] },
    { at: "11min", from: "zhou", text: "早一点也行，我带早餐 🥟" },
  ],
};
