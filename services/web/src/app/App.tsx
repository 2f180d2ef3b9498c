// Providers around everything: preferences, Ant Design's theme and language, the query client, the session, routes.
import { LoadingOutlined } from "@ant-design/icons";
import { QueryClientProvider } from "@tanstack/react-query";
import { App as AntApp, ConfigProvider } from "antd";
import enUS from "antd/locale/en_US";
import zhTW from "antd/locale/zh_TW";
import dayjs from "dayjs";
import "dayjs/locale/zh-tw";
import { useDeferredValue, useEffect, useMemo, useState } from "react";
import { HotkeysProvider } from "react-hotkeys-hook";
import { RouterProvider } from "react-router/dom";
import { queryClient } from "@/api/queries";
import { isDark, keep, type Language, PreferencesContext, readLanguage, readTheme, systemIsDark, systemIsStill, type Theme, useSystem } from "./preferences";
import { router } from "./routes";
import { SessionProvider } from "./session";
import { themeOf } from "./theme";

// No part of the name of the button that it turns in.
const SPINNER = <LoadingOutlined aria-hidden />;

export function App({ nonce }: { nonce: string | undefined }) {
  const [language, setLanguage] = useState<Language>(readLanguage);
  const [theme, setTheme] = useState<Theme>(readTheme);
  const dark = isDark(theme, useSystem(systemIsDark));
  // False at first, for everybody: Ant Design wraps everything anew when motion is first turned off, and a half filled form is gone.
  const motion = useDeferredValue(!useSystem(systemIsStill), false);

  useEffect(() => {
    keep(language, theme);
    dayjs.locale(language === "zh-TW" ? "zh-tw" : "en");
    // Descriptions and refusals come from the API in the reader's language.
    void queryClient.invalidateQueries();
  }, [language, theme, dark]);

  const preferences = useMemo(
    () => ({
      language,
      theme,
      dark,
      setLanguage: (chosen: Language) => {
        keep(chosen, theme);
        setLanguage(chosen);
      },
      setTheme,
    }),
    [language, theme, dark],
  );
  return (
    <PreferencesContext value={preferences}>
      <ConfigProvider
        theme={themeOf(dark, motion)}
        locale={language === "zh-TW" ? zhTW : enUS}
        csp={nonce ? { nonce } : {}}
        button={{ autoInsertSpace: false, loadingIcon: SPINNER }}
      >
        <AntApp message={{ maxCount: 3 }} notification={{ placement: "bottomRight" }}>
          <QueryClientProvider client={queryClient}>
            <HotkeysProvider>
              <SessionProvider>
                <RouterProvider router={router} />
              </SessionProvider>
            </HotkeysProvider>
          </QueryClientProvider>
        </AntApp>
      </ConfigProvider>
    </PreferencesContext>
  );
}
