// Renders the chart as Helm does, for machines without Helm: Go's text/template with the functions of sprig and the three
// that Helm adds. With "all" everything that is off by default is switched on. The first line of the output is a hash of
// the chart's files, by which a test tells whether the output is fresh.
//
//	apt-get install golang-go golang-github-masterminds-sprig-dev golang-gopkg-yaml.v3-dev
//	GO111MODULE=off GOPATH=/usr/share/gocode go run deploy/helm/render/main.go default > test/deploy/chart-default.yaml
//	GO111MODULE=off GOPATH=/usr/share/gocode go run deploy/helm/render/main.go all > test/deploy/chart-all.yaml
package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"gopkg.in/yaml.v3"
)

const chart = "deploy/helm/shadowbill"

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(file string) []byte {
	text, err := os.ReadFile(file)
	must(err)
	return text
}

func section(values map[string]interface{}, names ...string) map[string]interface{} {
	for _, name := range names {
		values = values[name].(map[string]interface{})
	}
	return values
}

func main() {
	if len(os.Args) != 2 || (os.Args[1] != "default" && os.Args[1] != "all") {
		must(fmt.Errorf("say default or all"))
	}
	templates, err := filepath.Glob(chart + "/templates/*")
	must(err)
	files := append([]string{chart + "/Chart.yaml", chart + "/values.yaml"}, templates...)
	sum := sha256.New()
	for _, file := range files {
		sum.Write(read(file))
	}
	values := map[string]interface{}{}
	must(yaml.Unmarshal(read(chart+"/values.yaml"), &values))
	if os.Args[1] == "all" {
		section(values, "ingress")["enabled"] = true
		section(values, "ingress")["className"] = "nginx"
		section(values, "backup")["enabled"] = true
		section(values, "worker", "autoscaling")["enabled"] = true
		values["files"] = map[string]interface{}{"customers.csv": "legacy,solvimon\nK-1,C-1\n"}
		values["ownerSecretName"] = "shadowbill-owner"
	}
	fmt.Printf("# chart %x, %s\n", sum.Sum(nil), os.Args[1])
	render(templates, map[string]interface{}{
		"Values":  values,
		"Release": map[string]interface{}{"Name": "demo"},
		"Chart":   map[string]interface{}{"AppVersion": "0.1.0"},
	})
}

func render(templates []string, data map[string]interface{}) {
	all := template.New("chart")
	functions := sprig.TxtFuncMap()
	functions["toYaml"] = func(value interface{}) (string, error) {
		text, err := yaml.Marshal(value)
		return strings.TrimSuffix(string(text), "\n"), err
	}
	functions["include"] = func(name string, data interface{}) (string, error) {
		var text bytes.Buffer
		err := all.ExecuteTemplate(&text, name, data)
		return text.String(), err
	}
	all.Funcs(functions)
	for _, file := range templates {
		_, err := all.New(filepath.Base(file)).Parse(string(read(file)))
		must(err)
	}
	for _, file := range templates {
		if !strings.HasSuffix(file, ".yaml") {
			continue
		}
		var text bytes.Buffer
		must(all.ExecuteTemplate(&text, filepath.Base(file), data))
		if strings.TrimSpace(text.String()) != "" {
			fmt.Printf("---\n%s\n", strings.TrimSpace(text.String()))
		}
	}
}
