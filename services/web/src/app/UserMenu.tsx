// Who one is, language and theme, profile, log-out.
import { BulbOutlined, GlobalOutlined, LogoutOutlined, QuestionCircleOutlined, UserOutlined } from "@ant-design/icons";
import { App, Button, Dropdown, Grid, type MenuProps } from "antd";
import { useNavigate } from "react-router";
import { sentenceOf } from "@/components/Failure";
import { WORDS } from "@/components/texts";
import { leaveProvider, logOut } from "@/features/access/logOut";
import { usePreferences } from "./preferences";
import { useSession } from "./session";
import { SHELL } from "./shell-texts";
import { useTexts } from "./texts";

export function UserMenu({ onShortcuts }: { onShortcuts: () => void }) {
  const t = useTexts(SHELL);
  const w = useTexts(WORDS);
  const { message } = App.useApp();
  const wide = Grid.useBreakpoint().md;
  const navigate = useNavigate();
  const { session, leave } = useSession();
  const { language, setLanguage, theme, setTheme } = usePreferences();
  const themes: MenuProps = {
    selectable: true,
    selectedKeys: [theme],
    items: (["system", "light", "dark"] as const).map((key) => ({ key, label: t(`theme.${key}`), onClick: () => setTheme(key) })),
  };
  const me: MenuProps = {
    items: [
      { key: "who", type: "group", label: session?.user ? `${session.user.name} · ${t(`role.${session.user.role}`)}` : (session?.token_name ?? t("me.token")) },
      { key: "profile", icon: <UserOutlined />, label: t("me.profile"), onClick: () => void navigate("/profile"), disabled: !session?.user },
      { key: "keys", icon: <QuestionCircleOutlined />, label: t("sheet.title"), onClick: onShortcuts },
      { type: "divider" },
      {
        key: "out",
        icon: <LogoutOutlined />,
        label: t("me.logout"),
        disabled: session?.kind !== "user" || session.via === "proxy",
        onClick: async () => {
          try {
            await logOut();
          } catch (error) {
            void message.error(sentenceOf(error, w("failure.away")));
            return;
          }
          if (session?.via === "oidc") return leaveProvider();
          leave();
          await navigate("/login");
        },
      },
    ],
  };
  return (
    <>
      <Button
        type="text"
        icon={<GlobalOutlined />}
        aria-label={wide ? `${t("language")}: ${language === "en" ? "繁體中文" : "English"}` : t("language")}
        onClick={() => setLanguage(language === "en" ? "zh-TW" : "en")}
      >
        {wide ? (language === "en" ? "繁體中文" : "English") : null}
      </Button>
      <Dropdown menu={themes} trigger={["click"]}>
        <Button type="text" icon={<BulbOutlined />} aria-label={t("theme")} />
      </Dropdown>
      <Dropdown menu={me} trigger={["click"]}>
        <Button type="text" icon={<UserOutlined />} aria-label={wide ? `${t("me")}: ${session?.user?.display_name ?? session?.token_name ?? ""}` : t("me")}>
          {wide ? (session?.user?.display_name ?? session?.token_name ?? "") : null}
        </Button>
      </Dropdown>
    </>
  );
}
