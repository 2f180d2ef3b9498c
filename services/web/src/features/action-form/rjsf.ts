// react-jsonschema-form with Ant Design's theme. Its parts are imported from their own files: the index of `@rjsf/core`
// (6.10) draws in a helper for tests with a validator that compiles schemas to code, which is neither installed nor
// allowed by the content security policy. What the theme has for texts (`BaseInputTemplate`) needs that index too; our
// widgets stand in for it.
import ErrorListTemplate from "@rjsf/antd/lib/templates/ErrorList/index.js";
import FieldErrorTemplate from "@rjsf/antd/lib/templates/FieldErrorTemplate/index.js";
import GridTemplate from "@rjsf/antd/lib/templates/GridTemplate/index.js";
import MultiSchemaFieldTemplate from "@rjsf/antd/lib/templates/MultiSchemaFieldTemplate/index.js";
import TitleFieldTemplate from "@rjsf/antd/lib/templates/TitleField/index.js";
import WrapIfAdditionalTemplate from "@rjsf/antd/lib/templates/WrapIfAdditionalTemplate/index.js";
import { generateWidgets } from "@rjsf/antd/lib/widgets/index.js";
import withTheme from "@rjsf/core/lib/withTheme.js";
import { FIELDS } from "./fields";
import { TEMPLATES } from "./templates";
import { WIDGETS } from "./widgets";

const OF_ANT_DESIGN = { ErrorListTemplate, FieldErrorTemplate, GridTemplate, MultiSchemaFieldTemplate, TitleFieldTemplate, WrapIfAdditionalTemplate };

export const Form = withTheme({
  fields: FIELDS,
  widgets: { ...generateWidgets(), ...WIDGETS },
  templates: { ...OF_ANT_DESIGN, ...TEMPLATES },
});
