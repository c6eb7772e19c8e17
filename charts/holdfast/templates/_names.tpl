{{- define "holdfast.selector" -}}
app.kubernetes.io/name: holdfast
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "holdfast.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "holdfast.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: holdfast
{{- end }}

{{- define "holdfast.account" -}}
{{ .Values.serviceAccount.name | default "holdfast" }}
{{- end }}

{{- define "holdfast.subject" -}}
subjects:
  - kind: ServiceAccount
    name: {{ include "holdfast.account" . }}
    namespace: {{ .Release.Namespace }}
{{- end }}

{{- define "holdfast.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ printf "%s@%s" $image.repository $image.digest }}
{{- else -}}
{{ printf "%s:%s" $image.repository ($image.tag | default .Chart.AppVersion) }}
{{- end -}}
{{- end }}

{{- /* Mode read-only never writes, whatever enforce says. */ -}}
{{- define "holdfast.enforce" -}}
{{ and .Values.enforce (ne .Values.rbac.mode "read-only") | quote }}
{{- end }}
