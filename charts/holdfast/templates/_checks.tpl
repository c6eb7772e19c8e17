{{- /* What the schema cannot say: each failure names the fix (cli.md §4.4-2). */ -}}
{{- define "holdfast.checks" -}}
{{- $v := .Values -}}
{{- if not $v.cluster.name }}
{{- fail "cluster.name is missing: which file in clusters/ is this cluster's? Add --set cluster.name=NAME" }}
{{- end }}
{{- if not $v.source.url }}
{{- fail "source.url is missing: where is the config repository? Add --set source.url=https://…" }}
{{- end }}
{{- if not $v.image.repository }}
{{- fail "image.repository is missing: no image is published yet. Build one from the Dockerfile, push it, and add --set image.repository=REGISTRY/holdfast" }}
{{- end }}
{{- if and (eq $v.statusRecords.carrier "git") (not $v.statusRecords.git.url) }}
{{- fail "statusRecords.carrier git needs statusRecords.git.url: the repository of the records" }}
{{- end }}
{{- if and (eq $v.statusRecords.carrier "kubernetes") (not $v.statusRecords.kubernetes.kubeconfigSecret) }}
{{- fail "statusRecords.carrier kubernetes needs statusRecords.kubernetes.kubeconfigSecret: a Secret with the key kubeconfig" }}
{{- end }}
{{- if and $v.statusRecords.git.auth.caKey (not $v.statusRecords.git.auth.existingSecret) }}
{{- fail "statusRecords.git.auth.caKey names a key of statusRecords.git.auth.existingSecret, which is empty" }}
{{- end }}
{{- if and $v.source.auth.caKey (not $v.source.auth.existingSecret) }}
{{- fail "source.auth.caKey names a key of source.auth.existingSecret, which is empty" }}
{{- end }}
{{- include "holdfast.checkLease" $v.lease }}
{{- include "holdfast.checkRights" $v.rbac }}
{{- if and (gt (int $v.replicas) 1) $v.cache.persistentVolumeClaim }}
{{- fail "replicas above 1 exclude cache.persistentVolumeClaim: each replica has a cache of its own. Leave the claim empty" }}
{{- end }}
{{- if and $v.metrics.serviceMonitor.enabled (not (.Capabilities.APIVersions.Has "monitoring.coreos.com/v1/ServiceMonitor")) }}
{{- fail "metrics.serviceMonitor.enabled needs the kind ServiceMonitor: install the Prometheus operator's CRDs first, or set it to false (helm template: --api-versions monitoring.coreos.com/v1/ServiceMonitor)" }}
{{- end }}
{{- if and $v.metrics.prometheusRule.enabled (not (.Capabilities.APIVersions.Has "monitoring.coreos.com/v1/PrometheusRule")) }}
{{- fail "metrics.prometheusRule.enabled needs the kind PrometheusRule: install the Prometheus operator's CRDs first, or set it to false (helm template: --api-versions monitoring.coreos.com/v1/PrometheusRule)" }}
{{- end }}
{{- end }}

{{- /* The agent refuses this too: a write must have ended before another may write. */ -}}
{{- define "holdfast.checkLease" -}}
{{- $deadline := include "holdfast.milliseconds" .renewDeadline | float64 -}}
{{- $write := include "holdfast.milliseconds" .writeTimeout | float64 -}}
{{- if ge (addf $deadline $write) (include "holdfast.milliseconds" .duration | float64) }}
{{- fail "lease.renewDeadline and lease.writeTimeout together must be less than lease.duration: else two agents may write at once" }}
{{- end }}
{{- end }}

{{- define "holdfast.milliseconds" -}}
{{- $units := dict "ms" 1.0 "s" 1000.0 "m" 60000.0 "h" 3600000.0 "d" 86400000.0 -}}
{{- $total := 0.0 -}}
{{- range regexFindAll "[0-9.]+(ms|s|m|h|d)" . -1 -}}
{{- $unit := regexFind "[a-z]+" . -}}
{{- $total = addf $total (mulf (trimSuffix $unit . | float64) (get $units $unit)) -}}
{{- end -}}
{{ $total }}
{{- end }}

{{- define "holdfast.checkRights" -}}
{{- if and .rules (ne .mode "scoped") }}
{{- fail (printf "rbac.rules have no effect in mode %s: set rbac.mode=scoped, or leave them out" .mode) }}
{{- end }}
{{- if and .create (eq .mode "scoped") (not .rules) }}
{{- fail "rbac.mode scoped needs rbac.rules: holdfast rbac --values prints them" }}
{{- end }}
{{- if and .serviceAccounts (ne .mode "impersonate") }}
{{- fail (printf "rbac.serviceAccounts have no effect in mode %s: set rbac.mode=impersonate, or leave them out" .mode) }}
{{- end }}
{{- if and .create (eq .mode "impersonate") (not .serviceAccounts) }}
{{- fail "rbac.mode impersonate needs rbac.serviceAccounts: the accounts that apps act as" }}
{{- end }}
{{- end }}
