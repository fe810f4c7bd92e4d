// What every page says: navigation, levels, classes, severities, ages.

export default {
  zh: {
    "skip": "跳到预警列表",

    "tagline": "公共卫生事件流监测",

    "language.other": "English",

    "theme.dark": "深色",
    "theme.light": "浅色",

    "clock.live": "北京时间",
    "clock.replay": "回放",
    "clock.replay.title": "数据时钟：正在重放历史报告，页面上的“现在”是该时刻",
    "clock.none": "尚无数据",

    "severity.critical": "特急",
    "severity.high": "高",
    "severity.medium": "中",
    "severity.low": "低",

    "level.county": "区县级",
    "level.prefecture": "地市级",
    "level.province": "省级",
    "level.nation": "全国",
    "level.port": "口岸",
    "level.origin": "来源地",
    "level.conveyance": "航次",

    "class.A": "甲类",
    "class.B": "乙类",
    "class.C": "丙类",
    "class.BA": "乙类甲管",
    "class.none": "非法定",

    "area.unknown": "（下级地区不详）",

    "chart.missing": "图表库未安装（请运行 make install）；数字见表格。",

    "nav.label": "页面",
    "nav.alerts": "预警",
    "nav.map": "地图",

    "page.loading": "正在读取……",
    "page.failed": "读取失败：{why}",
    "page.retry": "重试",
    "page.missing": "没有这个页面，或没有符合的数据。",
    "page.table": "以表格查看",
    "page.unknown": "不详",
    "page.assigned": "演示指定",
    "page.assigned.why": "来源数据没有这一项，由演示程序指定或生成",
    "skip.page": "跳到正文",

    "view.label": "正文",

    "age.seconds": "{n} 秒",
    "age.minutes": "{n} 分钟",
    "age.hours": "{n} 小时",
    "age.hours.minutes": "{n} 小时 {m} 分",
    "age.days": "{n} 天",
    "age.days.hours": "{n} 天 {m} 小时",
  },
  en: {
    "skip": "Skip to the alerts",

    "tagline": "Event-streaming public-health surveillance",

    "language.other": "中文",

    "theme.dark": "Dark",
    "theme.light": "Light",

    "clock.live": "Beijing time",
    "clock.replay": "Replay",
    "clock.replay.title": "The data's clock: past reports are being replayed, and “now” on this page is that moment",
    "clock.none": "No data yet",

    "severity.critical": "Critical",
    "severity.high": "High",
    "severity.medium": "Medium",
    "severity.low": "Low",

    "level.county": "County",
    "level.prefecture": "City",
    "level.province": "Province",
    "level.nation": "Nation",
    "level.port": "Port",
    "level.origin": "Origin",
    "level.conveyance": "Conveyance",

    "class.A": "Class A",
    "class.B": "Class B",
    "class.C": "Class C",
    "class.BA": "Class B as A",
    "class.none": "Not statutory",

    "area.unknown": " (area below not known)",

    "chart.missing": "The chart library is not installed (run make install). The tables have the numbers.",

    "nav.label": "Pages",
    "nav.alerts": "Alerts",
    "nav.map": "Map",

    "page.loading": "Reading…",
    "page.failed": "Could not be read: {why}",
    "page.retry": "Try again",
    "page.missing": "There is no such page, or nothing that fits it.",
    "page.table": "View as a table",
    "page.unknown": "Not known",
    "page.assigned": "Set by the demo",
    "page.assigned.why": "The source data do not have this; the demo assigned or generated it",
    "skip.page": "Skip to the page",

    "view.label": "Page",

    "age.seconds": "{n} s",
    "age.minutes": "{n} min",
    "age.hours": "{n} h",
    "age.hours.minutes": "{n} h {m} min",
    "age.days": "{n} d",
    "age.days.hours": "{n} d {m} h",
  },
};
