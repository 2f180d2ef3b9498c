// Tells that the API is away, and that it is back. Looks at what the queries met, asks nothing itself.
import { useQueryClient } from "@tanstack/react-query";
import { Alert, App } from "antd";
import { useEffect, useState } from "react";
import { isPassing } from "@/api/problem";
import { SHELL } from "./shell-texts";
import { useTexts } from "./texts";

export function Reachability() {
  const t = useTexts(SHELL);
  const client = useQueryClient();
  const { message } = App.useApp();
  const [away, setAway] = useState(false);

  useEffect(() => {
    const cache = client.getQueryCache();
    const look = () => {
      const failing = cache
        .getAll()
        .some((query) => query.isActive() && (isPassing(query.state.error) || isPassing(query.state.fetchFailureReason)));
      setAway(failing);
    };
    return cache.subscribe(look);
  }, [client]);
  useEffect(() => {
    if (!away) return;
    return () => void message.success(t("back.title"));
  }, [away, message, t]);

  // Laid over the page, so that nothing moves when it comes and goes.
  return (
    <div role="status" aria-live="polite" style={{ position: "fixed", insetInline: 0, top: 8, zIndex: 1100, display: "flex", justifyContent: "center", pointerEvents: "none" }}>
      {away ? (
        <Alert type="warning" showIcon title={t("away.title")} description={t("away.text")} style={{ boxShadow: "0 6px 24px rgba(0,0,0,0.2)", pointerEvents: "auto" }} />
      ) : null}
    </div>
  );
}
