// Words of saved views.
import { defineTexts } from "@/app/texts";

export const VIEWS = defineTexts({
  views: { zh: "檢視", en: "Views" },
  mine: { zh: "我的檢視", en: "My views" },
  shared: { zh: "共用檢視", en: "Shared views" },
  none: { zh: "還沒有檢視。設好篩選後，用名稱把它存起來。", en: "No views yet. Set filters, then save them under a name." },
  save: { zh: "儲存目前的檢視…", en: "Save this view…" },
  "save.title": { zh: "儲存檢視", en: "Save the view" },
  name: { zh: "名稱", en: "Name" },
  share: { zh: "與所有人共用", en: "Share it with everybody" },
  "share.stop": { zh: "停止共用", en: "Stop sharing" },
  "share.start": { zh: "共用", en: "Share" },
  update: { zh: "以目前的篩選覆寫", en: "Overwrite with these filters" },
  delete: { zh: "刪除檢視", en: "Delete the view" },
  "delete.sure": { zh: "刪除檢視「{name}」？", en: "Delete the view “{name}”?" },
  more: { zh: "「{name}」的操作", en: "Actions for “{name}”" },
  by: { zh: "{name} 建立", en: "by {name}" },
  saved: { zh: "已儲存檢視", en: "The view was saved" },
  "is-shared": { zh: "共用", en: "shared" },
});
