// What the marks of the axis mean.
import { useTexts } from "@/app/texts";
import { RUN_COLORS } from "@/components/RunState";
import { TIMELINE } from "./texts";

export function Legend() {
  const t = useTexts(TIMELINE);
  return (
    <div className="axis-legend">
      <span><span className="sign" style={{ background: "var(--ant-color-text-tertiary)", opacity: 0.4 }} />{t("legend.waited")}</span>
      <span><span className="sign" style={{ background: RUN_COLORS.success }} />{t("legend.success")}</span>
      <span><span className="sign" style={{ backgroundColor: RUN_COLORS.failure, backgroundImage: "repeating-linear-gradient(45deg, transparent 0 4px, rgba(255,255,255,.35) 4px 6px)" }} />{t("legend.failure")}</span>
      <span><span className="sign" style={{ background: RUN_COLORS.running }} />{t("legend.running")}</span>
      <span><span className="sign" style={{ width: 10, height: 10, border: "2px solid var(--ant-color-primary)", transform: "rotate(45deg)", borderRadius: 2 }} />{t("legend.fire")}</span>
    </div>
  );
}
